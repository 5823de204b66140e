// SPDX-License-Identifier: GPL-2.0-only
// Parameters of the kernel's own types, some of which are on some kernels only, or in one of two builds.
import Kernel

@KernelModule(author: "Nobody", description: "Parameters", version: "1.0")
struct KernelParameters: KernelModule, ~Copyable {
  @Parameter("gb", "Size in GB") static var gigabytes: Int32 = 250
  @Parameter("mode", "Mode", in: 0...2) static var mode: Int32 = -0
  @Parameter("mbps", "Limit", since: "6.12") static var limit: UInt32 = 0
  @Parameter("cache", "Cache", since: "6.1", config: "BLOCK") static var cache: UInt = 18
  #if DROPIN
    @Parameter("theirs", "In the kernel's place") static var theirs: Bool = true
  #else
    @Parameter("ours", "Beside the kernel's") static var ours: Bool = true
  #endif

  init() throws(Errno) {}
}
