// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: '@KernelModule' needs 'author:', a plain string literal
import Kernel

@KernelModule(author: "", description: "Nothing", version: "1") // MISUSE
@KernelModule(author: "Somebody", description: "Nothing", version: "1") // TWIN
struct Probe: KernelModule, ~Copyable {
  init() throws(Errno) {}
}
