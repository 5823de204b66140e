#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The compiler accepts a work item and a thread whose own handlers end them, and a device that ends
# within the submission of a bio. Each case is reported, and no memory is freed while it is used.
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

# --- A device that ends within the submission of a bio ---
modprobe brd rd_nr=1 rd_size=4096
echo /dev/ram0 > waits_ends
dd if=/dev/zero of=/dev/apuswaits0 bs=4096 count=1 oflag=direct conv=notrunc status=none &
writer=$!
has_written() { ! kill -0 $writer 2> /dev/null; }
expect "apus_faults: a block device is closed where that cannot wait"
holds "a write whose submission ends a block device completes" soon has_written
contains "the log reports the device that stays open" \
    "or under a lock; it stays open" "$(dmesg)"
same "the module stays loaded, with its code" "apus_faults" \
    "$(awk '$1 == "apus_faults" { print $1 }' /proc/modules)"
