#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The compiler accepts Shared values that own each other in a cycle. The unload of their module
# stops with a BUG before the code is freed, because the kernel could still call it.
# apus: memory=512 survive-oops
. ./lib.sh

modprobe apus_faults circle=1
same "after modprobe, the disk of the cycle exists" \
    "1" "$(find /sys/block -name apuscircle0 | wc -l)"
expect "kernel BUG at .*module.c"
expect "Call Trace:"
expect "Oops: invalid opcode|invalid opcode: 0000"
rmmod apus_faults 2> /dev/null &
remover=$!
ends_within 30 $remover
[ "$status" \
    != 0 ] && pass "rmmod stops with a BUG while Shared values own each other" "status $status"
contains "the log gives the cycle as the reason" \
    "Shared values own each other in a circle" "$(dmesg)"
same "the module stays loaded, with its code" "apus_faults" \
    "$(awk '$1 == "apus_faults" { print $1 }' /proc/modules)"
