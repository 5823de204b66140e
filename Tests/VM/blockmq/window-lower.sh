#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus_window: each operation reaches the lower device as the same operation. Windows on windows,
# loop devices and partitions, a lower device with bad blocks, a lower device that is powered off
# under load, and the removal of the window under load.
# apus: memory=1024 cpus=2 timeout=300
# differs: how limits are stacked, and which operations there are
. ./lib.sh

windows=/sys/kernel/config/apus_window lowers=/sys/kernel/config/apusnull trace=/sys/kernel/tracing
put() { printf '%s\n' "$2" > "$1"; }
# window NAME DEVICE [START SIZE]: a window that is powered on. Its disk is in $disk.
window() {
    mkdir "$windows/$1"
    put "$windows/$1/device" "$2"
    put "$windows/$1/start" "${3:-0}"
    put "$windows/$1/size" "${4:-0}"
    put "$windows/$1/power" 1
    disk=/dev/apuswindow$(cat "$windows/$1/index")
}
# lower NAME ATTRIBUTE=VALUE…: a null device that is powered on.
lower() {
    local name=$1 pair
    shift
    mkdir "$lowers/$name"
    for pair in memory_backed=1 size=64 "$@" power=1; do
        put "$lowers/$name/${pair%%=*}" "${pair#*=}"
    done
}
# below DEVICE COMMAND…: the requests that the device gets during the command, as "KIND
# SECTOR+COUNT", from the block layer's tracepoint. Readahead of programs that probe the disk is
# left out.
below() {
    local device=$1
    shift
    IFS=: read -r major minor < "/sys/class/block/${device##*/}/dev"
    echo "dev == $((major << 20 | minor))" > $trace/events/block/block_rq_issue/filter
    : > $trace/trace
    echo 1 > $trace/events/block/block_rq_issue/enable
    "$@"
    echo 0 > $trace/events/block/block_rq_issue/enable
    awk '/block_rq_issue:/ {
        for (i = 1; i <= NF; i++) { if ($i == "block_rq_issue:") kind = $(i + 2); if ($i == "+") place = $(i - 1) "+" $(i + 1) }
        if (kind ~ /^RA/) next
        if (kind ~ /^FF/) place = ""
        printf "%s%s%s", separator, kind, place == "" ? "" : " " place
        separator = ", "
    }' $trace/trace
}
write() {
    dd if=/dev/zero of="$disk" bs=4096 seek="$1" count=1 conv=notrunc"${3:-}" oflag=direct"${2:-}" \
        status=none
}
digest_of() {
    dd if="$1" bs=4096 skip="${2:-0}" count="${3:-16384}" iflag=direct status=none | digest
}

mountpoint -q $trace || mount -t tracefs none $trace
modprobe -a apus_null apus_window loop
rmmod apus_null
modprobe apus_null nr_devices=0

# --- The operations that the lower device gets ---
lower cached cache_size=8 discard=1
window one /dev/cached 2048 65536
same "the window has the write cache and the FUA limit of the lower device" "write back, 1" \
    "$(cat "/sys/block/${disk##*/}/queue/write_cache"), $(cat "/sys/block/${disk##*/}/queue/fua")"
same "a read reaches the lower device as a read, moved by the start" "RS 2064+8" \
    "$(below cached dd if="$disk" of=/dev/null bs=4096 skip=2 count=1 iflag=direct status=none)"
same "a write reaches the lower device as a write" "WS 2072+8" "$(below cached write 3)"
same "a flush reaches the lower device as a flush" \
    "WS 2072+8, FF" "$(below cached write 3 "" ,fsync)"
contains "an O_DSYNC write reaches the lower device as a FUA write" \
    "WFS 2080+8" "$(below cached write 4 ,dsync)"
same "a discard reaches the lower device as a discard of the same length" "DS 4096+2048" \
    "$(below cached blkdiscard -o 1048576 -l 1048576 "$disk")"
dd if=/dev/urandom of=/tmp/data bs=4096 count=16 status=none
dd if=/tmp/data of="$disk" bs=4096 count=16 oflag=direct conv=fsync status=none
dd if=/tmp/data of="$disk" bs=4096 count=16 seek=32 oflag=direct status=none
put $windows/one/power 0
put $lowers/cached/power 0
put $lowers/cached/power 1
put $windows/one/power 1
same "flushed data survives a power loss of the lower device" "$(digest < /tmp/data)" \
    "$(digest_of "$disk" 0 16)"
same "data that was not flushed is lost with the power of the lower device" \
    "$(head -c 65536 /dev/zero | digest)" "$(digest_of "$disk" 32 16)"

# --- On a loop device, which supports write zeroes ---
image=$PWD/image
truncate -s 64M "$image"
loop=$(losetup -f --show "$image")
window loop "$loop" 8 65536
dd if=/dev/urandom of="$disk" bs=1M count=4 oflag=direct status=none
fully=$(digest_of "$disk" 256 512)
same "write zeroes reaches the lower device as write zeroes, without data" "NS 2056+2048" \
    "$(below "$loop" blkdiscard -z -o 1048576 -l 1048576 "$disk")"
same "after write zeroes, the range reads as zeroes" \
    "$(head -c 1M /dev/zero | digest)" "$(digest_of "$disk" 256 256)"
same "the window has the content of the loop device's file" "$(digest_of "$disk")" \
    "$(sync; dd if="$image" bs=4096 skip=1 count=8192 status=none | digest)"
holds "write zeroes changes the content of the window" test "$fully" != \
    "$(digest_of "$disk" 256 512)"
run_fio loop --filename="$disk" --rw=randrw --bsrange=4k-128k --direct=1 --ioengine=io_uring \
    --iodepth=16 --size=16m --verify=crc32c --fsync=32
same "fio verifies its data on a window on a loop device" "status 0, 0 errors" \
    "status $fio_status, $fio_errors errors"
fails_with "while a window uses the loop device, losetup of it fails with EBUSY" \
    "busy" losetup "$loop" "$image"
rmdir $windows/loop
losetup -d "$loop"

# --- On a partition, and a window on that window ---
lower parted size=64
addpart /dev/parted 1 4096 65536
soon test -b /dev/parted1
window part /dev/parted1 8
same "a window on a partition ends at the end of the partition" \
    65528 "$(cat "/sys/block/${disk##*/}/size")"
part=$disk
window upper "$part" 1000 65000 2> /tmp/refused
contains "a window beyond the end of its lower window is refused with EINVAL" \
    "Invalid argument" "$(cat /tmp/refused)"
put $windows/upper/size 64000
put $windows/upper/power 1
same "a read through two windows is moved by both starts and the partition's" "RS 5112+8" \
    "$(below parted dd if="$disk" of=/dev/null bs=4096 skip=1 count=1 iflag=direct status=none)"
fails_with "an exclusive open of a window under another window fails with EBUSY" "busy" \
    python3 -c 'import os, sys; os.open(sys.argv[1], os.O_RDWR | os.O_EXCL)' "$part"
before=$( { dd if=/dev/parted bs=512 count=5104 iflag=direct; dd if=/dev/parted bs=512 skip=69104 \
    iflag=direct; } 2> /dev/null | digest)
run_fio both --filename="$disk" --rw=randrw --bsrange=4k-256k --direct=1 --ioengine=io_uring \
    --iodepth=128 --numjobs=2 --size=12m \
    --offset_increment=14m --verify=crc32c --fsync=64
same "fio verifies its data on a window on a window on a partition" "status 0, 0 errors" \
    "status $fio_status, $fio_errors errors"
mkfs.ext4 -q "$disk"
mkdir -p /mnt/apus
mount "$disk" /mnt/apus
for number in 1 2 3 4; do
    head -c 4M /dev/urandom > /mnt/apus/$number && sync -d /mnt/apus/$number
done
sum=$(cat /mnt/apus/? | digest)
umount /mnt/apus
holds "e2fsck finds no error in ext4 on the upper window" e2fsck -fn "$disk"
mount "$disk" /mnt/apus
same "ext4 on the upper window has its files after a second mount" \
    "$sum" "$(cat /mnt/apus/? | digest)"
umount /mnt/apus
same "the lower device is unchanged outside of the upper window" "$before" \
    "$( { dd if=/dev/parted bs=512 count=5104 iflag=direct; dd if=/dev/parted bs=512 skip=69104 iflag=direct; } 2> /dev/null | digest)"
put $windows/part/power 0
expect 'I/O error, dev apuswindow'
fails_with "a read of a window fails with EIO after its lower window is powered off" \
    "Input/output error" dd if="$disk" of=/dev/null bs=4096 count=1 iflag=direct status=none
rmdir $windows/upper $windows/part

# --- Bad blocks on the lower device ---
window bad /dev/parted
put $lowers/parted/badblocks +1600-1607
expect 'I/O error, dev parted'
read_block() {
    dd if="$disk" of=/dev/null bs=4096 skip="$1" count="${2:-1}" iflag=direct status=none
}
fails_with "a read of a bad block of the lower device fails with EIO" \
    "Input/output error" read_block 200
holds "reads of the blocks beside the bad block succeed" sh \
    -c "dd if=$disk of=/dev/null bs=4096 skip=199 count=1 iflag=direct status=none && dd if=$disk of=/dev/null bs=4096 skip=201 count=1 iflag=direct status=none"
fails_with "a write to a bad block of the lower device fails with EIO" \
    "Input/output error" write 200
same "a long read returns the data before the bad block" 819200 \
    "$(dd if="$disk" bs=4096 count=400 iflag=direct status=none 2> /dev/null | wc -c)"
put $lowers/parted/badblocks -1600-1607
holds "after the block is removed from the bad blocks, its read succeeds" read_block 200

# load_begins: starts fio on $disk without a time limit. Returns after 2000 reads of the lower
# device.
load_begins() {
    before=$(awk '{ print $1 }' /sys/block/parted/stat)
    fio --name=load --filename="$disk" --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
        --iodepth=32 --time_based --runtime=60 \
        > /tmp/fio.text 2>&1 &
    fio=$!
    is_under_load() { [ "$(awk '{ print $1 }' /sys/block/parted/stat)" -gt $((before + 2000)) ]; }
    soon is_under_load
}
# load_fails PROMISE: holds if that fio ends with an error.
load_fails() {
    if ends_within 60 $fio; then
        contains "$1" "error" "$(cat /tmp/fio.text)"
    else
        fail "$1" "it runs on"
        kill $fio
    fi
}

# --- The lower device is removed under load ---
fails_with "rmmod of the lower device's module fails while a window uses the device" \
    "in use" rmmod apus_null
load_begins
mark_log
put $lowers/parted/power 0 &
off=$!
if ends_within 60 $off; then
    same "the lower device is powered off under load within a minute" "status 0" "status $status"
else
    fail "the lower device is powered off under load within a minute" "it hangs"
fi
load_fails "I/O in progress on the window fails when the lower device is powered off"
fails_with "later reads of the window fail with EIO" "Input/output error" read_block 100
fails_with "a flush of the window fails with EIO" "Input/output error" write 0 "" ,fsync
put $lowers/parted/power 1
fails_with "the window does not use a new lower device of the same name" "Input/output error" \
    read_block 100
put $windows/bad/power 0
put $windows/bad/power 1
holds "after the window is powered off and on, it uses the new lower device" read_block 100

# --- The window is removed under load ---
load_begins
fails_with "rmmod of apus_window fails while a window is under load" "in use" rmmod apus_window
rmdir $windows/bad &
end=$!
if ends_within 60 $end; then
    same "a window is removed under load within a minute" "status 0" "status $status"
else
    fail "a window is removed under load within a minute" "it hangs"
fi
load_fails "I/O in progress on a removed window fails"
same "after the removal, the lower device has no request in flight" \
    "0 0" "$(xargs < /sys/block/parted/inflight)"
rmdir $windows/one $lowers/parted $lowers/cached
unloads apus_window apuswindow
unloads apus_null apusnull
