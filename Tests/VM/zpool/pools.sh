#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus: memory=512 cpus=2 timeout=300
# differs: the interface of zpool
# Tests the allocators against a model. Loading apus_pool_test runs the test, and the kernel's log
# has its KTAP output.
. ./lib.sh

# Not on the debug kernel, which detects a bug in z3fold: it destroys its cache of handles before
# the work that frees them has run.
peers=1
if [ -e /proc/lockdep_stats ]; then
    peers=0
else
    holds "the kernel's zbud and z3fold are there to compare with" modprobe -a apus_peer_zbud \
        apus_peer_z3fold
fi
modprobe apus_pool_test peers=$peers || { echo "not ok - apus_pool_test loads: $?"; exit 1; }
dmesg | sed -n 's/^\[[^]]*\] apus_pool_test: //p' > ktap
grep -v '^1\.\.' ktap
# Without this check a missing test at the end would not be noticed.
plan=$(sed -n 's/^1\.\.//p' ktap)
run=$(grep -cE '^(not )?ok ' ktap)
[ -n "$plan" ] && [ "$plan" = "$run" ] ||
    echo "not ok - every planned test ran: $run of ${plan:-none}"
same "an allocator that gives too little is reported" 2 \
    "$(grep -c 'an allocator gave 64 bytes for 65$' ktap)"
same "an object that is freed where it is not is reported" 6 \
    "$(grep -c 'an object is freed that is not there$' ktap)"
same "lists that end before a slab of theirs is back are reported" 1 \
    "$(grep -c 'lists end while 1 of their slabs are evicted, or are lost$' ktap)"
same "and so is the slab that others are given" 1 \
    "$(grep -c 'a slab is put back where it does not come from$' ktap)"
same "a slab that is dropped with objects in it is reported, and lost" 1 \
    "$(grep -c 'a slab with 2 objects in it is lost$' ktap)"
same "a pool that is destroyed with objects in it is reported" \
    "a pool is destroyed with 3 objects in it" "$(grep 'objects in it$' ktap)"
unloads apus_pool_test none
if [ $peers = 1 ]; then unloads apus_peer_zbud none; fi
