#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What my_driver promises. `make vm` runs this script as root in a virtual machine; lib.sh has the
# functions.
# apus: memory=512 cpus=2 timeout=300
. ./lib.sh

zswap=/sys/module/zswap/parameters
stored() { cat /sys/kernel/debug/zswap/stored_pages; }

echo Y > $zswap/enabled
echo my_driver > $zswap/zpool
same "zswap uses my_driver, which was set by name" my_driver "$(cat $zswap/zpool)"
echo 90 > $zswap/max_pool_percent
fallocate -l 64M /swapfile
chmod 600 /swapfile
mkswap -q /swapfile > /dev/null
swapon /swapfile

# A cgroup of 16 MiB keeps a file of 32 MiB in memory, so that half of it is swapped out.
mkdir -p /tmp/cgroup /tmp/memory
mount -t cgroup2 none /tmp/cgroup
echo +memory > /tmp/cgroup/cgroup.subtree_control
mkdir /tmp/cgroup/small
echo 16M > /tmp/cgroup/small/memory.max
mount -t tmpfs none /tmp/memory
seq 1 5000000 | head -c 33554432 > /tmp/expected
(echo "$BASHPID" > /tmp/cgroup/small/cgroup.procs && exec cp /tmp/expected /tmp/memory/file)
if [ "$(stored)" -gt 1000 ]; then
    pass "zswap stores pages in the pool" "$(stored) pages"
else
    fail "zswap stores pages in the pool" "$(stored) pages"
fi
same "each byte reads back as it was written" \
    "$(digest < /tmp/expected)" "$(digest < /tmp/memory/file)"

umount /tmp/memory
holds "swapoff succeeds" swapoff /swapfile
same "after swapoff, zswap stores no page" 0 "$(stored)"
echo zbud > $zswap/zpool
unused() { grep -q '^my_driver [0-9]* 0 ' /proc/modules; }
holds "the pool is destroyed when zswap uses another type" soon unused
unloads my_driver none
