#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Device mapper: Shared values that a target leaves behind in a cycle do not reach the device or the
# target after those have ended.
# apus: memory=1024 cpus=2 timeout=300 files=dm-lib.sh
. ./lib.sh
# shellcheck source=dm-lib.sh
. ./dm-lib.sh

modprobe null_blk nr_devices=2 gb=1 memory_backed=1 discard=1
a=/dev/nullb0 b=/dev/nullb1
modprobe apus_dm_circle
# said NUMBER TEXT: whether the cycle with that number logged the text.
said() { dmesg | grep -q "circle $1: $2"; }

dmsetup create ours --table "0 65536 apus-circle $a $b 1"
holds "while the target exists, its device answers and completes I/O" soon said 1 \
    "sectors 2097152 block 512 discard 1 same 1 regions 0 read 0 bio 0 copy 0"
holds "the target maps reads to its device" dd if=/dev/mapper/ours of=/dev/null bs=64k count=4 \
    iflag=direct status=none
holds "the target is removed while its own I/O is in progress" dmsetup remove ours
holds "after the removal, the device has 0 sectors, and refuses I/O with ENODEV" soon said 1 \
    "sectors 0 block 512 discard 0 same 0 regions -19 read -19 bio -19 copy -19"
same "after the removal, no mapped device holds the lower devices" "0 0" "$(opened $a) $(opened $b)"

dmesg -C
refuses "a table is refused when its target fails and leaves a cycle" dmsetup create ours \
    --table "0 65536 apus-circle $a $b 2 fail"
holds "the device in the cycle then has 0 sectors, and refuses I/O with ENODEV" soon said 2 \
    "sectors 0 block 512 discard 0 same 0 regions -19 read -19 bio -19 copy -19"
same "after the refused table, no mapped device holds the lower devices" \
    "0 0" "$(opened $a) $(opened $b)"

# The target ends at an arbitrary moment of the cycle's work.
removed=0
for number in 3 4 5 6 7 8 9 10 11 12; do
    dmsetup create ours --table "0 65536 apus-circle $a $b $number" &&
        dd if=/dev/mapper/ours of=/dev/null bs=64k count=2 iflag=direct status=none
    dmsetup remove --retry ours && removed=$((removed + 1))
done
same "ten more targets are removed while their cycles are busy" 10 "$removed"
# The memory of their devices is now likely to belong to other devices.
modprobe -r null_blk
modprobe null_blk nr_devices=4 gb=1
gone_all() { for number in 3 4 5 6 7 8 9 10 11 12; do said $number "sectors 0 " || return 1; done; }
holds "each of the ten devices then has 0 sectors" soon gone_all
holds "the lower driver was unloaded and loaded in between" test -e /dev/nullb3
