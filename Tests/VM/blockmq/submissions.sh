#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Everything that a driver can submit, a target can remap or a disk can forward, valid or not. Each
# submission is refused or ends once. No I/O reaches a device that does not support it, is not
# aligned to its blocks, or has flags that do not fit.
# apus: memory=1024 cpus=2 timeout=600 files=dm-lib.sh
# differs: what the block layer itself checks of a bio (6.12 more than 6.1)
. ./lib.sh
# shellcheck source=dm-lib.sh
. ./dm-lib.sh

nulls=/sys/kernel/config/nullb parameters=/sys/module/apus_submissions/parameters
tell() { echo "$2" > "$parameters/$1"; }
count() { awk -v name="$1" '$1 == name { print $2 }' "$parameters/counts"; }
# null NUMBER ATTRIBUTE=VALUE…: a device of the kernel's null_blk with that number, of 64 MiB,
# powered on. Fails if the kernel does not support it.
null() {
    local path=$nulls/nullb$1 pair
    shift
    mkdir "$path"
    for pair in size=64 "$@" power=1; do
        printf '%s\n' "${pair#*=}" > "$path/${pair%%=*}" || return 1
    done
}
# probe WHAT DEVICE BLOCK ZONE: submits everything to the device.
probe() {
    tell block "$3"
    tell zone "$4"
    tell probe "$2"
    same "$1: whatever nobody below checks is refused, and nothing else is" "0 0" \
        "$(count unfit) $(count wronged)"
    same "$1: what is submitted ends once" "0 $(count tried)" \
        "$(count lost) $(($(count ended) + $(count refused)))"
    between "$1: which is some of all" 500 "$(count tried)" "$(count ended)" "of $(count tried)"
}
# read_at DEVICE BYTES INDEX: one direct read at a multiple of its size, and its error.
read_at() {
    dd if="$1" of=/dev/null bs="$2" skip="$3" count=1 iflag=direct status=none 2>&1 | head -n 1
}

modprobe null_blk nr_devices=0
modprobe brd rd_nr=1 rd_size=16384
modprobe loop
null 0 memory_backed=1 discard=1
null 1 zoned=1 zone_size=4
null 2 memory_backed=1 blocksize=4096 discard=1
null 3 max_sectors=8 submit_queues=2
null 4 blocksize=4096 virt_boundary=1
null 5 zoned=1 zone_size=4 blocksize=4096 max_sectors=64
null 6 memory_backed=1 cache_size=8
null 7 virt_boundary=1 discard=1
truncate -s 64M /tmp/file
losetup /dev/loop0 /tmp/file
modprobe apus_submissions

# --- A driver's own bios ---
probe "a null device" /dev/nullb0 512 0
probe "one with zones" /dev/nullb1 512 8192
probe "one with blocks of 4 KiB" /dev/nullb2 4096 0
probe "one that takes 4 KiB at most" /dev/nullb3 512 0
probe "one with blocks of 4 KiB and a virtual boundary" /dev/nullb4 4096 0
probe "one with zones and blocks of 4 KiB" /dev/nullb5 4096 8192
probe "one with a cache" /dev/nullb6 512 0
probe "a loop device" /dev/loop0 512 0
probe "a device without requests" /dev/ram0 512 0
dmsetup create zones --table "0 131072 linear /dev/nullb1 0"
probe "a mapped device with zones" /dev/mapper/zones 512 8192
gone zones
tell readonly /dev/nullb0
same "a device that was opened to be read is read and flushed, and not changed" "12 10 2" \
    "$(count tried) $(count read_only) $(count ended)"

# --- Bios that a target remaps ---
move() { dmsetup message ours 0 "$@"; }
counted() {
    dmsetup status ours | sed 's/^.*apus-[a-z]* //' | awk -v name="$1" '$1 == name { print $2 }'
}
settled() { [ "$(counted mapped)" = "$(counted ended)" ]; }
error="Input/output error"
dmsetup create ours --table "0 131072 apus-anywhere /dev/nullb2 blind"
same "a target that does not say what it lies on has blocks of 512 bytes" 512 \
    "$(cat "$(sysfs ours)/queue/logical_block_size")"
same "what is in blocks of the device below is read" "" "$(read_at /dev/mapper/ours 4096 1)"
contains "what is not in length, is not" "$error" "$(read_at /dev/mapper/ours 512 8)"
contains "what is not in place, is not" "$error" "$(read_at /dev/mapper/ours 512 1)"
move move 1
contains "nor what is moved by less than a block" "$error" "$(read_at /dev/mapper/ours 4096 1)"
move plain
move length 0
contains "a read that becomes empty fails" "$error" "$(read_at /dev/mapper/ours 4096 1)"
move length 1
contains "one that becomes a part of a block too" "$error" "$(read_at /dev/mapper/ours 4096 1)"
move plain
move move 131072
contains "what is moved beyond the device's end fails" "$error" "$(read_at /dev/mapper/ours 4096 1)"
move move 9223372036854775800
contains "also beyond all devices'" "$error" "$(read_at /dev/mapper/ours 4096 1)"
move plain
holds "each of them has ended" soon settled
between "some with an error" 7 100 "$(counted failed)"
gone ours

dmsetup create ours --table "0 131072 apus-anywhere /dev/nullb5 zoned"
same "a target that says it lies on zones has them, and their blocks" "host-managed 4096" \
    "$(cat "$(sysfs ours)/queue/zoned" "$(sysfs ours)/queue/logical_block_size" | tr '\n' ' ' |
        sed 's/ $//')"
holds "a zone is reset" blkzone reset -o 8192 -c 1 /dev/mapper/ours
move move 8
fails_with "a place that is none of a zone's is not" "$error" blkzone reset -o 8192 -c 1 \
    /dev/mapper/ours
move move 131072
fails_with "nor a zone that lies beyond the device" "$error" blkzone reset -o 8192 -c 1 \
    /dev/mapper/ours
move move 281474708275200
fails_with "however far" "$error" blkzone reset -o 8192 -c 1 /dev/mapper/ours
fails_with "nor is it opened" "$error" blkzone open -o 8192 -c 1 /dev/mapper/ours
fails_with "nor finished" "$error" blkzone finish -o 8192 -c 1 /dev/mapper/ours
move plain
move accept 1
same "a bio of which a part of a block was to be accepted is as it was" "" \
    "$(read_at /dev/mapper/ours 8192 0)"
between "and the target was told so" 1 10 "$(counted unaccepted)"
move accept 8
same "a block can" "" "$(read_at /dev/mapper/ours 8192 0)"
move plain
move reports 3
same "a report has no more zones than there is room for" "4" \
    "$(blkzone report -o 0 -c 4 /dev/mapper/ours | wc -l)"
same "and none beyond the device's end" "16" "$(blkzone report /dev/mapper/ours | wc -l)"
zones_refused() {
    dmesg | grep -c "device-mapper: .*: apus-anywhere: a zone of .* is reported, where none can be"
}
refused=$(zones_refused)
move report 1
move reports 2
fails_with "zones that are reported again end the report" "$error" blkzone report -c 64 \
    /dev/mapper/ours
same "and are told of in the log" $((refused + 1)) "$(zones_refused)"
move report 3
fails_with "whatever the target says then" "$error" blkzone report -c 64 /dev/mapper/ours
move plain
move report 2
fails_with "zones at places that are not those asked for do too" "$error" blkzone report -c 64 \
    /dev/mapper/ours
same "so each of these has a line" $((refused + 3)) "$(zones_refused)"
move plain
move reports 0
fails_with "a report without a zone is one that failed" "$error" blkzone report /dev/mapper/ours
move plain
same "device mapper is shown what the target showed when it was made" 1 "$(counted visits)"
holds "each of them has ended" soon settled
gone ours
# Where a target maps a part of a device, newer kernels reset all zones one by one, and ask the
# target for a report of them meanwhile. If the report fails, each zone is reset, and the device
# waits for no bio afterwards.
dmsetup create ours --table "0 65536 apus-anywhere /dev/nullb5 zoned"
move reports 0
timeout 60 blkzone reset /dev/mapper/ours 2> /tmp/reset &
ends_within 40 $!
move plain
dmsetup suspend ours &
ends_within 40 $! &&
    same "after a reset of all zones without a report, the device waits for no bio" "status 0" \
    "status $status"
dmsetup resume ours
holds "and a zone is reset" blkzone reset -o 8192 -c 1 /dev/mapper/ours
holds "each bio has ended" soon settled
gone ours
refuses "a target does not lie on zones and on something else" dmsetup create ours \
    --table "0 131072 apus-anywhere /dev/nullb5 zoned /dev/nullb2"
same "and says so" 1 "$(dmesg | grep -c 'Zoned devices beside others')"

# --- Requests that a target maps ---
dmsetup create ours --table "0 262144 apus-blind /dev/nullb3"
same "a request within the device below goes there" "" "$(read_at /dev/mapper/ours 4096 16383)"
contains "one beyond its end does not" "$error" "$(read_at /dev/mapper/ours 4096 16384)"
gone ours
# The request's memory has gaps, because the device that the target reports takes them.
gap_error() { gaps ours 2>&1 | tail -n 1; }
dmsetup create ours --table "0 131072 apus-blind /dev/nullb3 /dev/nullb3"
contains "a request whose memory has gaps goes to a device without a boundary" "8 8 " "$(gap_error)"
gone ours
dmsetup create ours --table "0 131072 apus-blind /dev/nullb7 /dev/nullb3"
contains "and not to a device with a boundary, which is not reported" "$error" "$(gap_error)"
same "a request without a gap does" "" "$(read_at /dev/mapper/ours 4096 1)"
gone ours

# --- Requests that a disk forwards ---
tell relay /dev/nullb2
same "a request in blocks of the device below is forwarded" "" "$(read_at /dev/apusrelay0 4096 1)"
contains "one that is not, is not" "$error" "$(read_at /dev/apusrelay0 512 1)"
tell place 1
contains "nor one that is moved by less" "$error" "$(read_at /dev/apusrelay0 4096 1)"
tell place 131072
contains "nor one beyond the end" "$error" "$(read_at /dev/apusrelay0 4096 1)"
tell place 0
# Two discards of separate ranges in one request.
dd if=/dev/urandom of=/dev/nullb2 bs=64k count=64 oflag=direct status=none
printf '%s\n' "0 512 linear /dev/apusrelay0 0" "512 512 linear /dev/apusrelay0 4096" |
    dmsetup create apart
blkdiscard -l 524288 /dev/mapper/apart
zeroes() {
    dd if=/dev/nullb2 bs=256k skip="$1" count=1 iflag=direct status=none | tr -d '\0' | wc -c
}
same "each range of a discard of several is discarded, and nothing else" "0 0" \
    "$(zeroes 0) $(zeroes 8)"
between "what lies between is as it was" 200000 262144 "$(zeroes 1)"
gone apart
tell norelay 1
tell relay_readonly /dev/nullb0
same "a read is forwarded to a device that was opened to be read" "" \
    "$(read_at /dev/apusrelay0 4096 1)"
contains "a write is not" "$error" \
    "$(dd if=/dev/zero of=/dev/apusrelay0 bs=4096 count=1 oflag=direct status=none 2>&1)"
tell norelay 1
tell relay /dev/nullb0
# Many requests of a task in its plug. The driver forwards each one while the block layer flushes
# the plug.
echo none > /sys/block/apusrelay0/queue/scheduler
echo none > /sys/block/nullb0/queue/scheduler
tell direct 1
run_fio plugged --filename=/dev/apusrelay0 --rw=randread --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=32 --iodepth_batch_submit=16 \
    --iodepth_batch_complete_min=16 --size=16m --readonly
same "requests that come at once can be forwarded where they are queued" "0 0" \
    "$fio_status $fio_error"
tell direct 0
tell copies 1
run_fio flags --filename=/dev/apusrelay0 --rw=randread --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=8 --size=4m --readonly
same "a request's flags do not make a bio what it is not" "0 0" "$fio_status $fio_error"
tell norelay 1
unloads apus_submissions apusrelay
