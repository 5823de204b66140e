// SPDX-License-Identifier: GPL-2.0-only
// A C callback that is not the macro's.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

struct Probe: ConfigfsItem, ~Copyable {
  static var attributeCount: Int { 0 }

  static func describe(_ type: borrowing ConfigfsType) {}

  static func addGroups(of item: borrowing Self, to parent: borrowing ConfigfsParent) throws(Errno) {}

  static var release: ConfigfsRelease<Self> {
    ConfigfsRelease({ _ in }) // MISUSE
    while true {} // TWIN
  }
}
