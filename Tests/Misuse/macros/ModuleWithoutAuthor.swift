// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing argument for parameter 'author' in macro expansion
import Kernel

@KernelModule(description: "Nothing", version: "1") // MISUSE
@KernelModule(author: "Somebody", description: "Nothing", version: "1") // TWIN
struct Probe: KernelModule, ~Copyable {
  init() throws(Errno) {}
}
