// SPDX-License-Identifier: GPL-2.0-only
// A report that ends the module under its own feet.
// EXPECT: drivers may not say '__apus_module_stop'
import Kernel

@KernelModule(author: "a", description: "b", version: "c")
struct Probe: KernelModule, ~Copyable {
  init() throws(Errno) {}

  @Report("state", "The state")
  borrowing func report(_ writer: inout TextWriter) {
    __apus_module_stop() // MISUSE
    writer.append("running") // TWIN
  }
}
