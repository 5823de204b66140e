#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A driver cannot change the memory of a write that it borrows: the page cache of a file that is the
# source of a write, and the kernel's zero page.
# apus: memory=512 cpus=2 timeout=180
. ./lib.sh

modprobe brd rd_nr=1 rd_size=1024
modprobe apus_spoil
dmsetup create ours --table "0 2048 apus-spoil /dev/ram0"
# attempts WAY: the results of the attempts on writes and on reads, of the target (`mapped` or
# `ended`) or of a disk.
attempts() {
    case $1 in
    mapped | ended) dmsetup status ours | sed "s/^.* $1: //; s/ ended: .*//" ;;
    *) cat "/sys/module/apus_spoil/parameters/$1" ;;
    esac
}
writes() { attempts "$1" | sed 's/^.*, writes //; s/, others / others /'; }
reads() { attempts "$1" | sed 's/, writes .*//'; }
# write_mapped DEVICE: writes a page of /tmp/source with direct I/O from a read-only mapping of the
# file.
write_mapped() {
    python3 -c '
import mmap, os, sys
file = os.open("/tmp/source", os.O_RDONLY)
memory = mmap.mmap(file, 4096, mmap.MAP_SHARED, mmap.PROT_READ)
memory[0]
print(os.pwritev(os.open(sys.argv[1], os.O_WRONLY | os.O_DIRECT), [memory], 0))' "$1"
}

head -c 4096 /dev/urandom > /tmp/source
before=$(digest < /tmp/source)
for pair in /dev/mapper/ours:mapped /dev/apusspoil0:requests /dev/apusspoil1:bios; do
    device=${pair%:*} way=${pair#*:}
    same "$way: a direct write from a read-only mapping of a file writes a page" \
        4096 "$(write_mapped "$device")"
    same "$way: each attempt to change the memory of the write is refused" \
        "0 changed 3 refused others 0" "$(writes "$way")"
    same "$way: the file is unchanged" "$before" "$(digest < /tmp/source)"
done
same "ended: each attempt to change the memory of the write is refused" \
    "0 changed 3 refused others 0" "$(writes ended)"
same "mapped: the lower device has the content of the file" "$before" \
    "$(dd if=/dev/ram0 bs=4096 count=1 iflag=direct status=none | digest)"

# --- The memory of reads can be changed ---
wanted=$(head -c 4096 /dev/zero | tr '\0' 'Z' | digest)
for pair in /dev/mapper/ours:ended /dev/apusspoil0:requests /dev/apusspoil1:bios; do
    device=${pair%:*} way=${pair#*:}
    same "$way: a read returns the bytes that the driver put into its memory" "$wanted" \
        "$(dd if="$device" bs=4096 count=1 iflag=direct status=none | digest)"
    contains "$way: no attempt to change the memory of a read is refused" \
        " 0 refused" "$(reads "$way")"
done

# --- The kernel's zero page ---
# All processes share the zero page, so this is not tried if writes could be changed.
zeroes=$(head -c 65536 /dev/zero | digest)
for pair in /dev/mapper/ours:mapped /dev/apusspoil0:requests /dev/apusspoil1:bios; do
    device=${pair%:*} way=${pair#*:}
    case $(writes "$way") in
    "0 changed "*)
        holds "$way: write zeroes succeeds" blkdiscard -z -o 0 -l 65536 "$device"
        same "$way: each attempt to change the zero page is refused" \
            "0 changed 51 refused others 0" "$(writes "$way")"
        ;;
    *) fail "$way: write zeroes succeeds" "writes can be changed" ;;
    esac
done
same "the kernel's zero page still reads as zeroes" "$zeroes" \
    "$(dd if=/dev/ram0 bs=64k count=1 iflag=direct status=none | digest)"
truncate -s 64k /tmp/empty
same "a mapping of a file with holes reads as zeroes" "$zeroes" "$(python3 -c '
import mmap, os, sys
sys.stdout.buffer.write(mmap.mmap(os.open("/tmp/empty", os.O_RDONLY), 65536, mmap.MAP_SHARED, mmap.PROT_READ))' | digest)"

dmsetup remove ours
unloads apus_spoil apusspoil
