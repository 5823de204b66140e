// SPDX-License-Identifier: GPL-2.0-only
// apus_zblock: the module.

import Zpool

/// The module: `echo apus_zblock > /sys/module/zswap/parameters/zpool` loads it.
@KernelModule(
  author: "The Apus authors", description: "Compressed pages in slots of slabs, in safe Swift",
  version: "0.1.0",
  alias: "zpool-apus_zblock")
struct SlabsModule: KernelModule, ~Copyable {
  let classes: SizeClasses
  let registration: ZpoolRegistration<SlotSlabs>

  init() throws(Errno) {
    let classes = try SizeClasses(.kernel)
    registration = try ZpoolRegistration(SlotSlabs.self)
    self.classes = classes
  }

  @Report(
    "classes",
    "The classes of sizes that were computed: bytes of a slot, pages of a slab, slots of a slab")
  borrowing func report(_ writer: inout TextWriter) { classes.write(to: &writer) }
}
