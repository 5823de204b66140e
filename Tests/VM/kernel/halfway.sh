#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A module whose init fails stays loaded while programs use what it has registered.
# apus: memory=512
. ./lib.sh

items=/sys/kernel/config/apus_halfway
load() { modprobe apus_halfway > load.log 2>&1; }
users() { cat /sys/module/apus_halfway/refcnt; }
said() { dmesg | grep -c 'apus_halfway: its start failed, and it waits'; }

# --- Only the init itself uses something: it opens the module's own disk ---
load &
loader=$!
soon test -d $items
echo /dev/apushalf0 > $items/device
if ends_within 60 $loader; then
    contains "an init that fails after it opened its own disk makes modprobe fail with ENODEV" \
        "No such device" "$(cat load.log)"
else
    fail "an init that fails after it opened its own disk ends within a minute" "it is still there"
fi
same "after the failed init, nothing of the module remains" \
    nothing "$(leftovers apus_halfway apushalf)"

# --- The init opens the module's own disk, which is read-only by then ---
load &
loader=$!
soon test -d $items
soon test -b /dev/apushalf0
blockdev --setro /dev/apushalf0
echo /dev/apushalf0 > $items/device
if ends_within 60 $loader; then
    contains "an init that fails to open its own disk makes modprobe fail with EACCES" \
        "Permission denied" "$(cat load.log)"
else
    fail "an init that fails to open its own disk ends within a minute" "it is still there"
fi
same "after the failed init, nothing of the module remains" \
    nothing "$(leftovers apus_halfway apushalf)"

# --- Programs have the disk open, and a directory in configfs ---
expect 'a configfs subsystem ends while there are items in it'
load &
loader=$!
soon test -d $items
exec 3<> /dev/apushalf0
mkdir $items/made
echo /dev/apushalf0 > $items/device
holds "an init that fails waits for a program that has its disk open" soon eval '[ "$(said)" = 1 ]'
holds "the module stays loaded while the init waits" test -e /sys/module/apus_halfway
same "a read of the removed disk through an open file returns 0 bytes" 0 \
    "$(dd bs=512 count=1 iflag=direct status=none <&3 | wc -c)"
with=$(users)
exec 3>&-
same "closing the disk drops one reference to the module" $((with - 1)) "$(users)"
between "the references of the loader and of the configfs directory remain" 2 3 "$(users)"
rmdir $items/made
if ends_within 60 $loader; then
    contains "after the directory is removed, modprobe fails with ENODEV" \
        "No such device" "$(cat load.log)"
else
    fail "after the directory is removed, modprobe fails with ENODEV" "it is still there"
fi
same "after the failed init, nothing of the module remains" \
    nothing "$(leftovers apus_halfway apushalf)"
same "after the failed init, the directory in configfs is gone" \
    nothing "$(if [ -e $items ]; then echo $items; else echo nothing; fi)"
