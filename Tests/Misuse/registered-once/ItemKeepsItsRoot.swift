// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: implicit conversion to 'Root\?' is consuming
import Kernel

@ConfigfsItem
struct Root: ConfigfsItem, ~Copyable {
  @Attribute("level") let level = Setting<Int>(0)
}

@ConfigfsItem
struct Thing: CreatedConfigfsItem, ~Copyable {
  var root: Root?

  init(name: borrowing CString, in root: borrowing Root) throws(Errno) {
    self.root = root // MISUSE
    self.root = nil // TWIN
  }
}
