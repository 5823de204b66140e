// SPDX-License-Identifier: GPL-2.0-only
// What is atomic is made of its bits: of a pointer too, but nobody can use it.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel
import Synchronization

func pointer(_ number: UInt) -> Int {
  Int(bitPattern: UnsafeRawPointer.decodeAtomicRepresentation(UInt.encodeAtomicRepresentation(number))) // MISUSE
  Int(bitPattern: UInt.decodeAtomicRepresentation(UInt.encodeAtomicRepresentation(number))) // TWIN
}
