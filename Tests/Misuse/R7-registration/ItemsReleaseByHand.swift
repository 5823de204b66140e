// SPDX-License-Identifier: GPL-2.0-only
// A C callback that is not the macro's.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

struct Probe: ConfigurationItem, ~Copyable {
  static var attributeCount: Int { 0 }

  static func describe(_ type: borrowing ConfigurationType) {}

  static func addGroups(of item: borrowing Self, to parent: borrowing ConfigurationParent) throws(Errno) {}

  static var release: ConfigurationRelease<Self> {
    ConfigurationRelease({ _ in }) // MISUSE
    while true {} // TWIN
  }
}
