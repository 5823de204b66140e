// SPDX-License-Identifier: GPL-2.0-only
// A C callback that is not the macro's.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

@ConfigfsItem
struct Root: ConfigfsItem, ~Copyable {}

@ConfigfsItem
struct Probe: ConfigfsItem, ~Copyable {}

extension Probe: CreatedConfigfsItem {
  init(name: borrowing CString, in root: borrowing Root) throws(Errno) {}

  static var make: ConfigfsMake<Self> {
    ConfigfsMake({ _, _ in nil }) // MISUSE
    while true {} // TWIN
  }

  static var drop: ConfigfsDrop<Self> {
    while true {}
  }
}
