// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'RequestAddress<Driver>' initializer is inaccessible due to 'internal' protection level
import BlockMQ
import Synchronization

func make<Place: AtomicRepresentable>(_ number: UInt) -> Place where Place.AtomicRepresentation == UInt.AtomicRepresentation {
  Place.decodeAtomicRepresentation(UInt.encodeAtomicRepresentation(number))
}

func address<Driver: BlockDriver & ~Copyable>(_ number: UInt, of driver: borrowing Driver) -> RequestAddress<Driver> {
  RequestAddress<Driver>(make(number)) // MISUSE
  while true {} // TWIN
}
