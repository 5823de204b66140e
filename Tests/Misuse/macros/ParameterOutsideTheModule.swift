// SPDX-License-Identifier: GPL-2.0-only
// There @KernelModule does not see it, and modprobe has no such option.
// EXPECT: a parameter stands in the struct that has '@KernelModule'
import Kernel

// MISUSE
@KernelModule(author: "Somebody", description: "Nothing", version: "1") // TWIN
struct Settings: KernelModule, ~Copyable {
  @Parameter("fast", "Fast")
  static var fast: Bool = false

  init() throws(Errno) {}
}
