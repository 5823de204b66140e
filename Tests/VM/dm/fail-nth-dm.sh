#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Each memory allocation in turn fails, while targets are registered, tables are loaded, bios are
# sent again, allocators are registered, and a driver keeps requests.
# apus: suite=debug memory=1024 cpus=2 timeout=900 files=nth-lib.sh
. ./lib.sh
# shellcheck source=nth-lib.sh
. ./nth-lib.sh

# vmalloc reports its own failures, for any caller. Device mapper reports each table that it
# refuses.
expect "vmalloc error: size [0-9]+, .*, mode"
expect "Call Trace:"
modules=/lib/modules/$(uname -r)/updates
modprobe dm_mod
modprobe null_blk nr_devices=2 gb=1 memory_backed=1

# 12 is ENOMEM. 14 is EFAULT, from copies from user memory, which also fail.
nth "if an allocation fails, apus_dm_hooks loads, or fails to load with ENOMEM or EFAULT" \
    20 "12|14" load "$modules/apus_dm_hooks.ko" apus_dm_hooks ""
modprobe -a apus_linear apus_striped apus_delay apus_flakey apus_log_writes apus_dust \
    apus_dm_hooks apus_dm_copies
# The first table of a mapped device adds its disk.
dmsetup create victim --table "0 65536 linear /dev/nullb0 0"
for line in "apus-linear /dev/nullb0 0" "apus-striped 2 8 /dev/nullb0 0 /dev/nullb1 0" \
    "apus-delay /dev/nullb0 0 5 /dev/nullb1 0 7" "apus-flakey /dev/nullb0 0 1 1 1 drop_writes" \
    "apus-log-writes /dev/nullb0 /dev/nullb1" "apus-dust /dev/nullb0 0 512" \
    "apus-hooks /dev/nullb0" "apus-again /dev/nullb0" "apus-copies /dev/nullb0 /dev/nullb1"; do
    errors="12|14"
    # 22 is EINVAL. dust returns it for every error of its device, like the kernel's dust.
    if [ "${line%% *}" = apus-dust ]; then errors="12|14|22"; fi
    # The target's own allocations come last.
    LAST=100 nth "if an allocation fails, ${line%% *} takes its table, or gives an expected errno" \
        3 "$errors" table victim "0 65536 $line"
done
dmsetup remove victim
kept "after the failed tables, kmemleak finds no leak"

# 28 is ENOSPC, 5 is EIO.
dmsetup create ours --table "0 2097152 apus-again /dev/nullb0"
dmsetup message ours 0 times 3
dmsetup message ours 0 later 0
nth "if an allocation fails, a write that is sent again succeeds, or is ENOMEM, ENOSPC or EIO" \
    1 "12|28|5" \
    disk /dev/mapper/ours
holds "after the failed writes, a write to the device succeeds" \
    dd if=/dev/zero of=/dev/mapper/ours bs=1M count=4 oflag=direct status=none
dmsetup remove ours
dmsetup create ours --table "0 2097152 apus-log-writes /dev/nullb0 /dev/nullb1"
nth "if an allocation fails, a write that is logged succeeds, or fails with ENOMEM, ENOSPC or EIO" \
    1 "12|28|5" disk /dev/mapper/ours
dmsetup remove ours

modprobe apus_pool_test tests=0
offer=/sys/module/apus_pool_test/parameters/offer
nth "if an allocation fails, an allocator is registered, or ENOMEM or EFAULT is returned" \
    1 "12|14" command $offer 1 $offer 0
modprobe apus_faults
faults=/sys/module/apus_faults/parameters
nth "if an allocation fails, a disk with request data is made, or fails with an expected errno" \
    20 "12|14|22" command $faults/hold 0 $faults/hold_forget 1
modprobe apus_submissions
relays=/sys/module/apus_submissions/parameters
nth "if an allocation fails, a forwarding disk is made, or fails with an expected errno" \
    20 "12|14|22" command $relays/relay /dev/nullb0 $relays/norelay 1
nth "if an allocation fails, the module submits its bios, or fails with ENOMEM or EFAULT" \
    1 "12|14" attribute $relays/readonly /dev/nullb0
kept "after the failures, kmemleak finds only the leaks of the kernel's own driver" \
    'blk_mq_alloc_and_init_hctx|blk_mq_register_hctx'
for module in apus_submissions apus_faults apus_pool_test apus_dm_hooks apus_dm_copies; do
    holds "rmmod of $module succeeds" rmmod $module
done
