// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: drivers may not say '__apus_module'
import Kernel

@KernelModule(author: "a", description: "b", version: "c")
struct Probe: KernelModule, ~Copyable {
  init() throws(Errno) {}

  @Report("state", "The state")
  borrowing func report(_ writer: inout TextWriter) {
    ModuleAdapter.stop(&__apus_module) // MISUSE
    writer.append("running") // TWIN
  }
}
