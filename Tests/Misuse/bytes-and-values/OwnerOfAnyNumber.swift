// SPDX-License-Identifier: GPL-2.0-only
// An owner of the driver's own, whose pointer generic code makes of a number: no word of it is unsafe. What an XArray keeps is what
// the library made.
// EXPECT: type 'Owner' does not conform to protocol 'PointerOwner'
import Kernel
import Synchronization

struct Owner: ~Copyable {
  init() {}
  consuming func take<Place: AtomicRepresentable>() -> Place where Place.AtomicRepresentation == UInt.AtomicRepresentation {
    Place.decodeAtomicRepresentation(UInt.encodeAtomicRepresentation(0xdead_beef))
  }
  init<Place: AtomicRepresentable>(owning pointer: Place) {}
}

extension Owner: PointerOwner {} // MISUSE
// TWIN
