// SPDX-License-Identifier: GPL-2.0-only
// An owner of the driver's own in an XArray: there is nothing that it could give, and what it is given it cannot look at.
// EXPECT: 'raw' is inaccessible due to 'internal' protection level
import Kernel

struct Owner: PointerOwner, ~Copyable {
  consuming func takePointer() -> OwnedPointer { while true {} }
  init(owning pointer: OwnedPointer) {
    keep(pointer.raw) // MISUSE
    // TWIN
  }
}

func keep<Value>(_ value: Value) {}
