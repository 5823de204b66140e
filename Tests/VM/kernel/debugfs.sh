#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus: memory=512 cpus=1
# debugfs files: their text, errors and sizes, and their removal while they are read.
. ./lib.sh

mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
modprobe apus_selftest
root=/sys/kernel/debug/apus_selftest
cd $root || exit 1
same "the directory of the module has its files" "counters error inner lines slow" "$(echo *)"
same "the mode of a file is 444" "444" "$(stat -c %a counters)"
same "a file of counters reads as lines of name and value" \
    "reads 1 line_calls 0 slow_begun 0" "$(xargs < counters)"
same "a second read shows the new values" "reads 2 line_calls 0 slow_begun 0" "$(xargs < counters)"
same "a text that is longer than a page is complete" \
    "2000 line 1999" "$(wc -l < lines) $(tail -n 1 lines)"
seen=$(sed -n 's/^line_calls //p' counters)
between "the report is called again until its text fits the buffer" 4 100 "$seen"
same "reads of 7 bytes return the same text as one long read" "$(cat lines | digest)" \
    "$(dd if=lines bs=7 status=none | digest)"
fails_with "a read fails with the ENOSPC that the report throws" "No space left on device" cat error
same "a directory within the directory has its file" "nested" "$(ls inner)"
fails_with "a second directory of the same name is refused with EEXIST" "File exists" \
    bash -c "echo 1 > /sys/module/apus_selftest/parameters/debug_again"

# Removal waits for reads in progress. A file that is still open cannot be read afterwards.
exec 3< slow
cat slow > /tmp/slow 2> /dev/null &
reader=$!
until grep -q '^slow_begun 1$' counters; do sleep 0.1; done
holds "the module removes a file while a process reads it" sh \
    -c "echo 1 > /sys/module/apus_selftest/parameters/debug_remove"
wait $reader
same "a reader that began before the removal gets the whole text" "slow" "$(cat /tmp/slow)"
refuses "after the removal, the file does not exist" ls slow
fails_with "a read of a file that was opened before its removal fails with EIO" \
    "Input/output error" cat <&3
refuses "rmmod fails while a file of the module is open" rmmod apus_selftest
exec 3<&-
cd /root || exit 1
holds "rmmod succeeds when the file is closed" rmmod apus_selftest
refuses "after rmmod, the directory does not exist" ls $root
