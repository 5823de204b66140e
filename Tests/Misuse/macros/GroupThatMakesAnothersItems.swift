// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot convert value of type 'Other' to expected argument type 'Root'
import Kernel

@ConfigurationItem
struct Root: ConfigurationItem, ~Copyable {}

@ConfigurationItem
struct Other: ConfigurationItem, ~Copyable {}

@ConfigurationItem
struct Made: MadeConfigurationItem, ~Copyable {
  init(name: borrowing CString, in root: borrowing Root) throws(Errno) {}
}

func make() throws(Errno) {
  _ = try ConfigurationGroup(Other(), making: Made.self) // MISUSE
  _ = try ConfigurationGroup(Root(), making: Made.self) // TWIN
}
