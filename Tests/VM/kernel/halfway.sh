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
    contains "a start that fails is an error, if it has used its own disk" "No such device" \
        "$(cat load.log)"
else
    fail "a start that fails ends" "it is still there"
fi
same "and leaves nothing" nothing "$(leftovers apus_halfway apushalf)"

# --- The init opens the module's own disk, which is read-only by then ---
load &
loader=$!
soon test -d $items
soon test -b /dev/apushalf0
blockdev --setro /dev/apushalf0
echo /dev/apushalf0 > $items/device
if ends_within 60 $loader; then
    contains "a start that fails to open its own disk is an error" "Permission denied" \
        "$(cat load.log)"
else
    fail "a start that fails to open its own disk ends" "it is still there"
fi
same "and leaves nothing" nothing "$(leftovers apus_halfway apushalf)"

# --- Programs have the disk open, and a directory in configfs ---
expect 'a configfs subsystem ends while there are items in it'
load &
loader=$!
soon test -d $items
exec 3<> /dev/apushalf0
mkdir $items/made
echo /dev/apushalf0 > $items/device
holds "a start that fails waits for the programs that use its disk" soon eval '[ "$(said)" = 1 ]'
holds "the module is there as long" test -e /sys/module/apus_halfway
same "a disk that is gone has nothing to read for them" 0 \
    "$(dd bs=512 count=1 iflag=direct status=none <&3 | wc -c)"
with=$(users)
exec 3>&-
same "the disk that was open is one reference of the module's" $((with - 1)) "$(users)"
between "the loader's and those of the directory are left" 2 3 "$(users)"
rmdir $items/made
if ends_within 60 $loader; then
    contains "and then the start has failed" "No such device" "$(cat load.log)"
else
    fail "and then the start has failed" "it is still there"
fi
same "and leaves nothing" nothing "$(leftovers apus_halfway apushalf)"
same "nor the directory" nothing "$(if [ -e $items ]; then echo $items; else echo nothing; fi)"
