#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The virtual machine itself: what all other scripts in this folder rely on.
# apus: suite=vm timeout=600
# differs: the kernel that is booted
. ./lib.sh

for program in awk blktrace dmsetup fio fsck.ext4 losetup mkfs.ext4 mkfs.xfs modprobe pkill strace \
    zramctl; do
    command -v "$program" > /dev/null || missing="${missing:-} $program"
done
same "the image has each program that the tests need" \
    "none is missing" "${missing:-none is missing}"

missing="" found=0
for module in /lib/modules/"$(uname -r)"/updates/*.ko; do
    [ -e "$module" ] || continue
    name=$(basename "$module" .ko)
    [ "$(modinfo -n "$name" 2> /dev/null)" = "$module" ] || missing="$missing $name"
    found=$((found + 1))
done
same "modprobe finds each Apus module in updates" \
    "$found, none missing" "$found, ${missing:-none missing}"

modprobe null_blk nr_devices=1 memory_backed=1 size=64
holds "null_blk, a module of the kernel, loads and makes its disk" test -b /dev/nullb0
head -c 1048576 /dev/urandom > /tmp/data
dd if=/tmp/data of=/dev/nullb0 bs=1M oflag=direct status=none
same "a read of the null_blk disk returns the written data" "$(sha256sum < /tmp/data)" \
    "$(dd if=/dev/nullb0 bs=1M count=1 iflag=direct status=none | sha256sum)"
holds "null_blk unloads" modprobe -r null_blk
[ ! -t 1 ] && pass "the output of the script is not a terminal" "$(readlink /proc/self/fd/1)" ||
    fail "the output of the script is not a terminal" "it is one"
expect 'WARNING: made up by machine.sh'
echo 'WARNING: made up by machine.sh' > /dev/kmsg
