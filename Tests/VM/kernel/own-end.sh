#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The compiler accepts a work item and a thread whose own handlers end them. Each case stops with a
# report, and no memory is freed while it is used.
# apus: memory=512 survive-oops
. ./lib.sh

modprobe apus_faults
cd /sys/module/apus_faults/parameters || exit 1
for kind in work thread; do
    expect "apus_faults: a timer, work item, thread or kcopyd client was ended by its own handler"
    expect "kernel BUG at "
    expect "Call Trace:"
    expect "Oops: invalid opcode|invalid opcode: 0000"
    echo "apus-own-end: $kind" > /dev/kmsg
    echo $kind > own_end
    sleep 1
    log=$(dmesg | sed "1,/apus-own-end: $kind\$/d")
    contains "the log reports a $kind that its own handler ends" \
        "was ended by its own handler" "$log"
    contains "a $kind that its own handler ends stops with a BUG" "invalid opcode" "$log"
done
same "the module stays loaded, with its code" "apus_faults" \
    "$(awk '$1 == "apus_faults" { print $1 }' /proc/modules)"
