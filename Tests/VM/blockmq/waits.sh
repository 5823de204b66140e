#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Ends and calls that once waited for each other: a disk's end with the system's workqueue full, a
# tag set's end in a queue that is quiesced, a subsystem's end in an item of another, and I/O within
# a submission.
# apus: memory=1024 cpus=2 timeout=240
. ./lib.sh

modprobe apus_faults
parameters=/sys/module/apus_faults/parameters
tell() { echo "$2" > "$parameters/$1"; }
# in_background COMMAND…: runs it, with its process in $task.
in_background() {
    "$@" &
    task=$!
}
has_ended() { ! kill -0 "$task" 2> /dev/null; }

# --- A disk ends although work items wait on all threads of the system's unbound workqueue ---
tell fill 1
in_background tell remove 0
holds "with 600 work items that wait on the system's unbound workqueue, a disk ends" soon has_ended
# The module's lock for parameters is held by a removal that waits.
has_ended && tell fill 0
same "the removed disk is gone" 0 "$(find /sys/block -name apusfault0 | wc -l)"

# --- A tag set ends in queue, while another task quiesces that queue ---
tell slow 1
dd if=/dev/zero of=/dev/apusslow0 bs=4096 count=1 oflag=direct conv=notrunc status=none &
writer=$!
sleep 0.5
in_background tell slow_quiesce 1
holds "a queue is quiesced while its driver ends a tag set in queue" soon has_ended
task=$writer
holds "the write whose call of queue ends the tag set completes" soon has_ended
tell slow 0

# --- A subsystem of configfs in an item of another one ---
tell nest 1
mkdir /sys/kernel/config/apus_outer/a
rmdir /sys/kernel/config/apus_outer/a &
remover=$!
sleep 0.5
in_background tell nest 0
holds "the outer subsystem ends while an item of it, which has the inner one, is removed" \
    soon has_ended
task=$remover
holds "the item's rmdir ends" soon has_ended
same "the inner subsystem is gone" 0 "$(find /sys/kernel/config -name apus_inner | wc -l)"

# --- Calls that wait for I/O are refused within a submission ---
modprobe brd rd_nr=1 rd_size=4096
tell waits /dev/ram0
dd if=/dev/zero of=/dev/apuswaits0 bs=4096 count=1 oflag=direct conv=notrunc status=none &
task=$!
holds "a driver of bios that flushes a device, opens one and makes a disk in submit returns" \
    soon has_ended
same "the flush, the open and the new disk throw tryAgain" "1 1 1" "$(cat $parameters/waited)"

# --- A device that ends within a submission stays open until the module ends ---
tell waits_ends /dev/ram0
dd if=/dev/zero of=/dev/apuswaits0 bs=4096 count=1 oflag=direct conv=notrunc status=none &
task=$!
expect "apus_faults: a block device is closed where that cannot wait"
holds "a write whose submission ends a block device completes" soon has_ended
contains "the log reports the device that stays open" "it stays open until the module ends" \
    "$(dmesg)"
unloads apus_faults "apusfault|apusslow|apuswaits"
holds "after the module's end, no device is open: brd unloads" rmmod brd
