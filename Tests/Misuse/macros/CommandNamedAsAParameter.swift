// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: two parameters are named 'add'
import Kernel

@KernelModule(author: "Somebody", description: "Nothing", version: "1")
struct Probe: KernelModule, ~Copyable {
  @Parameter("add", "Add") // MISUSE
  @Parameter("adds", "Add") // TWIN
  static var adds: Bool = false

  init() throws(Errno) {}

  @Command("add", "Add")
  mutating func add(_ text: borrowing CString) throws(Errno) {}
}
