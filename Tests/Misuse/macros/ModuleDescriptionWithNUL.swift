// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: the texts of '@KernelModule' and of its parameters have no NUL
import Kernel

@KernelModule(author: "Somebody", description: "Nothing\0depends=zram", version: "1") // MISUSE
@KernelModule(author: "Somebody", description: "Nothing, depends=zram", version: "1") // TWIN
struct Probe: KernelModule, ~Copyable {
  init() throws(Errno) {}
}
