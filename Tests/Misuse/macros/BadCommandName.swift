// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'add one' cannot be a name
// EXPECT: '@Command' needs a name of letters, digits and '_', and a help text
import Kernel

@KernelModule(author: "Somebody", description: "Nothing", version: "1")
struct Probe: KernelModule, ~Copyable {
  init() throws(Errno) {}

  @Command("add one", "Add") // MISUSE
  @Command("add_one", "Add") // TWIN
  mutating func add(_ text: borrowing CString) throws(Errno) {}
}
