// SPDX-License-Identifier: GPL-2.0-only
// Only the library makes what an XArray keeps.
// EXPECT: 'OwnedPointer' initializer is inaccessible due to '(package|internal)' protection level
import Kernel
import Synchronization

func make<Place: AtomicRepresentable>(_ number: UInt) -> Place where Place.AtomicRepresentation == UInt.AtomicRepresentation {
  Place.decodeAtomicRepresentation(UInt.encodeAtomicRepresentation(number))
}

func pointer(_ number: UInt) -> OwnedPointer {
  OwnedPointer(make(number)) // MISUSE
  while true {} // TWIN
}
