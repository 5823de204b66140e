#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus_window: each operation reaches the lower device as the same operation. Windows on windows,
# loop devices and partitions, a lower device with bad blocks, a lower device that loses its power
# under load or is to be removed, and the removal of the window under load.
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

# --- What the lower device gets ---
lower cached cache_size=8 discard=1
window one /dev/cached 2048 65536
same "the window has a cache to flush, as the device below" "write back, 1" \
    "$(cat "/sys/block/${disk##*/}/queue/write_cache"), $(cat "/sys/block/${disk##*/}/queue/fua")"
same "a read arrives as a read, moved by the start" "RS 2064+8" \
    "$(below cached dd if="$disk" of=/dev/null bs=4096 skip=2 count=1 iflag=direct status=none)"
same "a write as a write" "WS 2072+8" "$(below cached write 3)"
same "a flush as a flush" "WS 2072+8, FF" "$(below cached write 3 "" ,fsync)"
contains "a write to be durable is one below" "WFS 2080+8" "$(below cached write 4 ,dsync)"
same "a discard is one below, and not longer" "DS 4096+2048" \
    "$(below cached blkdiscard -o 1048576 -l 1048576 "$disk")"
dd if=/dev/urandom of=/tmp/data bs=4096 count=16 status=none
dd if=/tmp/data of="$disk" bs=4096 count=16 oflag=direct conv=fsync status=none
dd if=/tmp/data of="$disk" bs=4096 count=16 seek=32 oflag=direct status=none
put $windows/one/power 0
put $lowers/cached/power 0
put $lowers/cached/power 1
put $windows/one/power 1
same "what was flushed on the window outlives a loss of power below" "$(digest < /tmp/data)" \
    "$(digest_of "$disk" 0 16)"
same "what was not does not" "$(head -c 65536 /dev/zero | digest)" "$(digest_of "$disk" 32 16)"

# --- On a loop device, which supports write zeroes ---
image=$PWD/image
truncate -s 64M "$image"
loop=$(losetup -f --show "$image")
window loop "$loop" 8 65536
dd if=/dev/urandom of="$disk" bs=1M count=4 oflag=direct status=none
fully=$(digest_of "$disk" 256 512)
same "zeroes are written below, without data" "NS 2056+2048" \
    "$(below "$loop" blkdiscard -z -o 1048576 -l 1048576 "$disk")"
same "and are there" "$(head -c 1M /dev/zero | digest)" "$(digest_of "$disk" 256 256)"
same "a file's content is the window's" "$(digest_of "$disk")" \
    "$(sync; dd if="$image" bs=4096 skip=1 count=8192 status=none | digest)"
holds "what the range had there is gone, and no more" test "$fully" != \
    "$(digest_of "$disk" 256 512)"
run_fio loop --filename="$disk" --rw=randrw --bsrange=4k-128k --direct=1 --ioengine=io_uring \
    --iodepth=16 --size=16m --verify=crc32c --fsync=32
same "fio verifies a window on a loop device" "status 0, 0 errors" \
    "status $fio_status, $fio_errors errors"
fails_with "the loop device cannot be bound anew meanwhile" "busy" losetup "$loop" "$image"
rmdir $windows/loop
losetup -d "$loop"

# --- On a partition, and a window on that window ---
lower parted size=64
addpart /dev/parted 1 4096 65536
soon test -b /dev/parted1
window part /dev/parted1 8
same "a window on a partition ends where that does" 65528 "$(cat "/sys/block/${disk##*/}/size")"
part=$disk
window upper "$part" 1000 65000 2> /tmp/refused
contains "a window beyond the end of a window is refused" "Invalid argument" "$(cat /tmp/refused)"
put $windows/upper/size 64000
put $windows/upper/power 1
same "a sector is moved by each start" "RS 5112+8" \
    "$(below parted dd if="$disk" of=/dev/null bs=4096 skip=1 count=1 iflag=direct status=none)"
fails_with "a window that another holds is busy" "busy" \
    python3 -c 'import os, sys; os.open(sys.argv[1], os.O_RDWR | os.O_EXCL)' "$part"
before=$( { dd if=/dev/parted bs=512 count=5104 iflag=direct; dd if=/dev/parted bs=512 skip=69104 \
    iflag=direct; } 2> /dev/null | digest)
run_fio both --filename="$disk" --rw=randrw --bsrange=4k-256k --direct=1 --ioengine=io_uring \
    --iodepth=128 --numjobs=2 --size=12m \
    --offset_increment=14m --verify=crc32c --fsync=64
same "fio verifies a window on a window on a partition" "status 0, 0 errors" \
    "status $fio_status, $fio_errors errors"
mkfs.ext4 -q "$disk"
mkdir -p /mnt/apus
mount "$disk" /mnt/apus
for number in 1 2 3 4; do
    head -c 4M /dev/urandom > /mnt/apus/$number && sync -d /mnt/apus/$number
done
sum=$(cat /mnt/apus/? | digest)
umount /mnt/apus
holds "an ext4 on it is well" e2fsck -fn "$disk"
mount "$disk" /mnt/apus
same "and has its files" "$sum" "$(cat /mnt/apus/? | digest)"
umount /mnt/apus
same "nothing outside of both has changed" "$before" \
    "$( { dd if=/dev/parted bs=512 count=5104 iflag=direct; dd if=/dev/parted bs=512 skip=69104 iflag=direct; } 2> /dev/null | digest)"
put $windows/part/power 0
expect 'I/O error, dev apuswindow'
fails_with "I/O on a window whose lower one lost its power is an error" "Input/output error" \
    dd if="$disk" of=/dev/null bs=4096 count=1 iflag=direct status=none
rmdir $windows/upper $windows/part

# --- Bad blocks on the lower device ---
window bad /dev/parted
put $lowers/parted/badblocks +1600-1607
expect 'I/O error, dev parted'
read_block() {
    dd if="$disk" of=/dev/null bs=4096 skip="$1" count="${2:-1}" iflag=direct status=none
}
fails_with "a bad place below is an error" "Input/output error" read_block 200
holds "beside it is none" sh \
    -c "dd if=$disk of=/dev/null bs=4096 skip=199 count=1 iflag=direct status=none && dd if=$disk of=/dev/null bs=4096 skip=201 count=1 iflag=direct status=none"
fails_with "nor can it be written" "Input/output error" write 200
same "what is read up to it is read" 819200 \
    "$(dd if="$disk" bs=4096 count=400 iflag=direct status=none 2> /dev/null | wc -c)"
put $lowers/parted/badblocks -1600-1607
holds "a place that is good again can be read" read_block 200

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

# --- The lower device is to be removed ---
fails_with "the module below cannot be unloaded" "in use" rmmod apus_null
load_begins
mark_log
put $lowers/parted/power 0 &
off=$!
if ends_within 60 $off; then
    same "the device below is switched off under load" "status 0" "status $status"
else
    fail "the device below is switched off under load" "it hangs"
fi
load_fails "I/O on the window fails then"
fails_with "and goes on failing" "Input/output error" read_block 100
fails_with "what is gone cannot be flushed" "Input/output error" write 0 "" ,fsync
put $lowers/parted/power 1
fails_with "another device of that name is not the one that was opened" "Input/output error" \
    read_block 100
put $windows/bad/power 0
put $windows/bad/power 1
holds "until the window is opened anew" read_block 100

# --- The window is removed under load ---
load_begins
fails_with "the module cannot be unloaded under load" "in use" rmmod apus_window
rmdir $windows/bad &
end=$!
if ends_within 60 $end; then
    same "a window is removed under load" "status 0" "status $status"
else
    fail "a window is removed under load" "it hangs"
fi
load_fails "I/O on it fails then"
same "nothing of it is in flight below" "0 0" "$(xargs < /sys/block/parted/inflight)"
rmdir $windows/one $lowers/parted $lowers/cached
unloads apus_window apuswindow
unloads apus_null apusnull
