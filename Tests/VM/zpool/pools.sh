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
    holds "the kernel's zbud and z3fold load, for comparison" modprobe -a apus_peer_zbud \
        apus_peer_z3fold
fi
modprobe apus_pool_test peers=$peers || { echo "not ok - apus_pool_test loads: $?"; exit 1; }
dmesg | sed -n 's/^\[[^]]*\] apus_pool_test: //p' > ktap
grep -v '^1\.\.' ktap
# This check detects a test at the end that did not run.
plan=$(sed -n 's/^1\.\.//p' ktap)
run=$(grep -cE '^(not )?ok ' ktap)
[ -n "$plan" ] && [ "$plan" = "$run" ] ||
    echo "not ok - every planned test ran: $run of ${plan:-none}"
same "the test reports an allocator whose object is smaller than requested" 2 \
    "$(grep -c 'an allocator gave 64 bytes for 65$' ktap)"
same "the test reports a free of an object that does not exist" 6 \
    "$(grep -c 'an object is freed that is not there$' ktap)"
same "lists that end while one of their slabs is taken out are reported" 1 \
    "$(grep -c 'lists end while 1 of their slabs are evicted, or are lost$' ktap)"
same "a slab that is put back into other lists is reported" 1 \
    "$(grep -c 'a slab is put back where it does not come from$' ktap)"
same "a slab that is dropped with objects in it is reported as lost" 1 \
    "$(grep -c 'a slab with 2 objects in it is lost$' ktap)"
same "a pool that is destroyed with objects in it is reported" \
    "a pool is destroyed with 3 objects in it" "$(grep 'objects in it$' ktap)"
unloads apus_pool_test none
if [ $peers = 1 ]; then unloads apus_peer_zbud none; fi
