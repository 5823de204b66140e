/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel as Swift sees it: its own headers, and static inline helpers for what the importer
 * cannot read (macros, casts, variadic functions, structures with more than 16 bytes of alignment).
 *
 * Clang drops -include when it builds a module, so the three headers that Kbuild forces on every C
 * file come first here.
 */
#ifndef APUS_CKERNEL_H
#define APUS_CKERNEL_H

#include <linux/compiler-version.h>
#include <linux/kconfig.h>
#include <linux/compiler_types.h>

#include "requirements.h"

/*
 * gcc's named address spaces (6.8 and later) write %gs: themselves in front of a per-CPU variable.
 * clang leaves it out where such a variable is an operand of assembly, and the access goes to a
 * wrong address. So the kernel uses them with gcc only. If gcc built the kernel, its configuration
 * must not make clang use them here.
 */
#undef CONFIG_CC_HAS_NAMED_AS
#undef CONFIG_USE_X86_SEG_SUPPORT

/* Only a module's own glue may define this. The Clang module is shared by all of them. */
#ifndef KBUILD_MODNAME
#define KBUILD_MODNAME "apus"
#endif

/* Every imported function is unsafe to call, even one that takes only integers. */
#pragma clang attribute push(__attribute__((swift_attr("unsafe"))), apply_to = function)

#include <linux/badblocks.h>
#include <linux/bio.h>
#include <linux/blk-cgroup.h>
#include <linux/blk-integrity.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/blkzoned.h>
#include <linux/bug.h>
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/completion.h>
#include <linux/configfs.h>
#include <linux/cpumask.h>
#include <linux/dax.h>
#include <linux/delay.h>
#include <linux/device-mapper.h>
#include <linux/dm-io.h>
#include <linux/dm-kcopyd.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/hdreg.h>
#include <linux/highmem.h>
#include <linux/hrtimer.h>
#include <linux/ioprio.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/numa.h>
#include <linux/percpu_counter.h>
#include <linux/pr.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <linux/zpool.h>
#include <linux/zsmalloc.h>

#include "compat.h"
#include "core.h"
#include "configfs.h"
#include "sync.h"
#include "fault.h"
#include "debugfs.h"
#include "crypto.h"
#include "block.h"
#include "bio.h"
#include "dm.h"
#include "dmio.h"
#include "zpool.h"
#include "disk.h"
#include "tables.h"

#pragma clang attribute pop

#endif
