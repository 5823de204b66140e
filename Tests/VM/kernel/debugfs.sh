#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus: memory=512 cpus=1
# debugfs files: their text, errors and sizes, and their removal while they are read.
. ./lib.sh

mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
modprobe apus_selftest
root=/sys/kernel/debug/apus_selftest
cd $root || exit 1
same "a directory has its files" "counters error inner lines slow" "$(echo *)"
same "a file can be read, and not written" "444" "$(stat -c %a counters)"
same "counters read as lines" "reads 1 line_calls 0 slow_begun 0" "$(xargs < counters)"
same "each reading makes the text anew" "reads 2 line_calls 0 slow_begun 0" "$(xargs < counters)"
same "a text longer than a page is whole" "2000 line 1999" "$(wc -l < lines) $(tail -n 1 lines)"
seen=$(sed -n 's/^line_calls //p' counters)
between "it was written again for want of room" 4 100 "$seen"
same "a file can be read in small pieces" "$(cat lines | digest)" \
    "$(dd if=lines bs=7 status=none | digest)"
fails_with "an error of the report's is the reader's" "No space left on device" cat error
same "a directory in a directory has its file" "nested" "$(ls inner)"
fails_with "a second directory of that name is refused" "File exists" \
    bash -c "echo 1 > /sys/module/apus_selftest/parameters/debug_again"

# Removal waits for reads in progress. A file that is still open cannot be read afterwards.
exec 3< slow
cat slow > /tmp/slow 2> /dev/null &
reader=$!
until grep -q '^slow_begun 1$' counters; do sleep 0.1; done
holds "a file is taken away while it is read" sh \
    -c "echo 1 > /sys/module/apus_selftest/parameters/debug_remove"
wait $reader
same "whoever was reading has read" "slow" "$(cat /tmp/slow)"
refuses "the file is gone" ls slow
fails_with "whoever has it open reads no more" "Input/output error" cat <&3
refuses "a module with an open file is not unloaded" rmmod apus_selftest
exec 3<&-
cd /root || exit 1
holds "it is when the file is closed" rmmod apus_selftest
refuses "and its directory goes with it" ls $root
