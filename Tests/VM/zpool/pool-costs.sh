#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The cost of an allocation, a write and a read of 64 bytes, and a free in our allocators, compared
# with the kernel's own zbud and zsmalloc in the same boot. Guest time counts instructions, so the
# figures are reproducible.
# apus: suite=vm memory=512 icount timeout=300
. ./lib.sh

holds "the kernel's zbud and z3fold load, for comparison" modprobe -a apus_peer_zbud \
    apus_peer_z3fold
modprobe apus_pool_test tests=0 peers=1 || exit 1
cat /sys/module/apus_pool_test/parameters/cost > costs
sed 's/^/# /' costs
# cost TYPE OPERATION: the cost of one operation. total TYPE: the sum of all four.
cost() { sed -n "s/^$1:.* $2 \([0-9]*\).*/\1/p" costs; }
total() { sed -n "s/^$1://p" costs | awk '{ print $2 + $4 + $6 + $8 }'; }
for type in apus_zbud apus_zblock; do
    for what in allocate write read; do
        between "$what: $type takes no more instructions than the kernel's zbud" 1 \
            "$(cost zbud $what)" "$(cost $type $what)"
    done
    # The objects beside a freed one differ from boot to boot, so the cost of a free varies by some
    # hundredths.
    between "free: $type takes at most 5 % more instructions than the kernel's zbud" 1 \
        $(($(cost zbud free) * 21 / 20)) "$(cost $type free)"
    between "all four operations: $type takes no more instructions than the kernel's zbud" \
        1 "$(total zbud)" "$(total $type)"
    for what in allocate write read free; do
        between "$what: $type takes no more instructions than zsmalloc" 1 "$(cost zsmalloc $what)" \
            "$(cost $type $what)"
    done
done
unloads apus_pool_test none
