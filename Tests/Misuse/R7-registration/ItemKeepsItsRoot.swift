// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: implicit conversion to 'Root\?' is consuming
import Kernel

@ConfigurationItem
struct Root: ConfigurationItem, ~Copyable {
  @Attribute("level") let level = Setting<Int>(0)
}

@ConfigurationItem
struct Thing: MadeConfigurationItem, ~Copyable {
  var root: Root?

  init(name: borrowing CString, in root: borrowing Root) throws(Errno) {
    self.root = root // MISUSE
    self.root = nil // TWIN
  }
}
