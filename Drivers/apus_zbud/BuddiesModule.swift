// SPDX-License-Identifier: GPL-2.0-only
// apus_zbud: the module.

import Zpool

/// The module: `echo apus_zbud > /sys/module/zswap/parameters/zpool` loads it.
@KernelModule(
  author: "The Apus authors", description: "Compressed pages, two to a page, in safe Swift",
  version: "0.1.0",
  alias: "zpool-apus_zbud")
struct BuddiesModule: KernelModule, ~Copyable {
  let registration: ZpoolRegistration<Buddies>

  init() throws(Errno) { registration = try ZpoolRegistration(Buddies.self) }
}
