// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot convert value of type 'Other' to expected argument type 'Root'
import Kernel

@ConfigfsItem
struct Root: ConfigfsItem, ~Copyable {}

@ConfigfsItem
struct Other: ConfigfsItem, ~Copyable {}

@ConfigfsItem
struct Made: CreatedConfigfsItem, ~Copyable {
  init(name: borrowing CString, in root: borrowing Root) throws(Errno) {}
}

func make() throws(Errno) {
  _ = try ConfigfsGroup(Other(), making: Made.self) // MISUSE
  _ = try ConfigfsGroup(Root(), making: Made.self) // TWIN
}
