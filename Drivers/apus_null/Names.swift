// SPDX-License-Identifier: GPL-2.0-only
// apus_null: the names that users see. The drop-in build for the kernel's null_blk uses that
// module's names.

import Kernel

enum Names {
  #if DROPIN
    /// The prefix of the names of disks that the module creates.
    static var disk: StaticCString { "nullb" }
    /// The directory in /sys/kernel/config.
    static var subsystem: StaticCString { "nullb" }
  #else
    static var disk: StaticCString { "apusnull" }
    static var subsystem: StaticCString { "apusnull" }
  #endif

  /// The features that configfs can set, as the attribute `features` lists them for user space.
  static var features: StaticCString {
    KernelConfiguration.isAtLeast(6, 12)
      ? "badblocks,blocking,blocksize,cache_size,fua,completion_nsec,discard,home_node,hw_queue_depth,irqmode,max_sectors,mbps,memory_backed,no_sched,poll_queues,power,queue_mode,shared_tag_bitmap,shared_tags,size,submit_queues,use_per_node_hctx,virt_boundary,zoned,zone_capacity,zone_max_active,zone_max_open,zone_nr_conv,zone_offline,zone_readonly,zone_size,zone_append_max_sectors,zone_full\n"
      : "badblocks,blocking,blocksize,cache_size,completion_nsec,discard,home_node,hw_queue_depth,irqmode,max_sectors,mbps,memory_backed,no_sched,poll_queues,power,queue_mode,shared_tag_bitmap,shared_tags,size,submit_queues,use_per_node_hctx,virt_boundary,zoned,zone_capacity,zone_max_active,zone_max_open,zone_nr_conv,zone_offline,zone_readonly,zone_size\n"
  }
}
