// SPDX-License-Identifier: GPL-2.0-only
// An owner of the driver's own in an XArray: its pointer is unsafe to make, and to keep.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

struct Owner: PointerOwner, ~Copyable {
  consuming func take() -> UnsafeMutableRawPointer { while true {} }
  init(owning pointer: UnsafeMutableRawPointer) {
    keep(pointer) // MISUSE
    // TWIN
  }
}

func keep<Value>(_ value: Value) {}
