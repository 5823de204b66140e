#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Each memory allocation in turn fails while disks are made. At the end the disks still work.
# apus: suite=debug memory=1024 cpus=2 timeout=900 files=nth-lib.sh
. ./lib.sh
# shellcheck source=nth-lib.sh
. ./nth-lib.sh

# The partition scan of a new disk reports its failed allocations. fail-nth also triggers null_blk's
# own fault attributes, which log a stack trace.
expect "vmalloc error: size [0-9]+, .*, mode"
expect "Call Trace:"
modules=/lib/modules/$(uname -r)/updates

# 12 is ENOMEM. 14 is EFAULT, from copies from user memory, which also fail.
nth "if an allocation fails, apus_plain loads, or fails to load with ENOMEM or EFAULT" \
    50 "12|14" load "$modules/apus_plain.ko" apus_plain size=8
nth "if an allocation fails, apus_null loads, or fails to load with ENOMEM or EFAULT" \
    50 "12|14" load "$modules/apus_null.ko" apus_null memory_backed=1

# 22, EINVAL, comes from the kernel: device_add_disk ignores the result of dev_set_name, and
# device_add then finds no name. The kernel's own driver shows what blk-mq itself leaks if a disk
# cannot be added: hardware queues, and the names of their directories.
modprobe null_blk nr_devices=0
mkdir /sys/kernel/config/nullb/theirs
nth "if an allocation fails, null_blk makes a disk, or fails with ENOMEM, EFAULT or EINVAL" \
    100 "12|14|22" command \
    /sys/kernel/config/nullb/theirs/power 1 /sys/kernel/config/nullb/theirs/power 0
expect "kmemleak: [0-9]+ new suspected memory leaks"
theirs=$(lost | grep -oE 'blk_mq_alloc_and_init_hctx|blk_mq_register_hctx' | sort -u | paste -sd'|')
rmdir /sys/kernel/config/nullb/theirs
rmmod null_blk
modprobe apus_null memory_backed=1
parameters=/sys/module/apus_null/parameters
nth "if an allocation fails, add makes a disk, or fails with ENOMEM, EFAULT or EINVAL" \
    100 "12|14|22" command $parameters/add 1 $parameters/remove 1
modprobe apus_window
window=/sys/kernel/config/apus_window/one
nth "if an allocation fails, mkdir makes a window, or fails with ENOMEM or EFAULT" \
    3 "12|14" directory $window
mkdir $window
nth "if an allocation fails, the window's device is set, or ENOMEM or EFAULT is returned" \
    3 "12|14" attribute $window/device /dev/apusnull0
printf '32768\n' > $window/size
nth "if an allocation fails, the window powers on, or fails with ENOMEM, EFAULT or EINVAL" \
    100 "12|14|22" command $window/power 1 $window/power 0
kept "after the failures, kmemleak finds only the leaks of the kernel's own driver: ${theirs:-nothing}" \
    "$theirs"
rmdir $window
rmmod apus_window apus_null

modprobe apus_plain size=16384
# 28 is ENOSPC, 5 is EIO.
nth "if an allocation fails, a write succeeds, or fails with ENOMEM, EFAULT, ENOSPC or EIO" \
    2 "12|14|28|5" disk /dev/apusplain0
holds "after the failures, a write to the disk succeeds" \
    dd if=/dev/zero of=/dev/apusplain0 bs=1M count=4 oflag=direct status=none
rmmod apus_plain
same "after rmmod, nothing of the three modules remains" nothing \
    "$(leftovers apus_plain apusplain)$(leftovers apus_null apusnull |
        sed 's/^nothing$//')$(leftovers apus_window apuswindow | sed 's/^nothing$//')"
