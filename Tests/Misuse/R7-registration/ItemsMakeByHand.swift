// SPDX-License-Identifier: GPL-2.0-only
// A C callback that is not the macro's.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

@ConfigurationItem
struct Root: ConfigurationItem, ~Copyable {}

@ConfigurationItem
struct Probe: ConfigurationItem, ~Copyable {}

extension Probe: MadeConfigurationItem {
  init(name: borrowing CString, in root: borrowing Root) throws(Errno) {}

  static var make: ConfigurationMake<Self> {
    ConfigurationMake({ _, _ in nil }) // MISUSE
    while true {} // TWIN
  }

  static var drop: ConfigurationDrop<Self> {
    while true {}
  }
}
