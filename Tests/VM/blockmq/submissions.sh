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
    same "$1: bios are refused if they do not fit the device, and only then" "0 0" \
        "$(count unfit) $(count wronged)"
    same "$1: each submission is refused or ends once" "0 $(count tried)" \
        "$(count lost) $(($(count ended) + $(count refused)))"
    between "$1: at least 500 bios end" 500 "$(count tried)" "$(count ended)" "of $(count tried)"
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
probe "a null device with zones" /dev/nullb1 512 8192
probe "a null device with blocks of 4 KiB" /dev/nullb2 4096 0
probe "a null device with max_sectors=8" /dev/nullb3 512 0
probe "a null device with blocks of 4 KiB and a virtual boundary" /dev/nullb4 4096 0
probe "a null device with zones and blocks of 4 KiB" /dev/nullb5 4096 8192
probe "a null device with a write cache" /dev/nullb6 512 0
probe "a loop device" /dev/loop0 512 0
probe "a bio-based ram disk" /dev/ram0 512 0
dmsetup create zones --table "0 131072 linear /dev/nullb1 0"
probe "a mapped device with zones" /dev/mapper/zones 512 8192
gone zones
tell readonly /dev/nullb0
same "a device that was opened to read takes reads and flushes, and refuses changes" "12 10 2" \
    "$(count tried) $(count read_only) $(count ended)"

# --- Bios that a target remaps ---
move() { dmsetup message ours 0 "$@"; }
counted() {
    dmsetup status ours | sed 's/^.*apus-[a-z]* //' | awk -v name="$1" '$1 == name { print $2 }'
}
settled() { [ "$(counted mapped)" = "$(counted ended)" ]; }
error="Input/output error"
dmsetup create ours --table "0 131072 apus-anywhere /dev/nullb2 blind"
same "a target that does not report its device has a logical block size of 512 bytes" 512 \
    "$(cat "$(sysfs ours)/queue/logical_block_size")"
same "a read in whole blocks of the lower device succeeds" "" "$(read_at /dev/mapper/ours 4096 1)"
contains "a read that is shorter than a block of the lower device fails with EIO" \
    "$error" "$(read_at /dev/mapper/ours 512 8)"
contains "a read that begins within a block of the lower device fails with EIO" \
    "$error" "$(read_at /dev/mapper/ours 512 1)"
move move 1
contains "a read that the target moves by less than a block fails with EIO" \
    "$error" "$(read_at /dev/mapper/ours 4096 1)"
move plain
move length 0
contains "a read that the target makes empty fails with EIO" \
    "$error" "$(read_at /dev/mapper/ours 4096 1)"
move length 1
contains "a read that the target makes shorter than a block fails with EIO" \
    "$error" "$(read_at /dev/mapper/ours 4096 1)"
move plain
move move 131072
contains "a read that the target moves beyond the end of the device fails with EIO" \
    "$error" "$(read_at /dev/mapper/ours 4096 1)"
move move 9223372036854775800
contains "a read that the target moves beyond the largest device fails with EIO" \
    "$error" "$(read_at /dev/mapper/ours 4096 1)"
move plain
holds "each mapped bio has ended" soon settled
between "the target has seen the failed bios end with an error" 7 100 "$(counted failed)"
gone ours

dmsetup create ours --table "0 131072 apus-anywhere /dev/nullb5 zoned"
same "a target on a zoned device is host-managed, with the block size of the device" \
    "host-managed 4096" \
    "$(cat "$(sysfs ours)/queue/zoned" "$(sysfs ours)/queue/logical_block_size" | tr '\n' ' ' |
        sed 's/ $//')"
holds "a zone is reset through the target" blkzone reset -o 8192 -c 1 /dev/mapper/ours
move move 8
fails_with "a reset that the target moves to within a zone fails with EIO" \
    "$error" blkzone reset -o 8192 -c 1 /dev/mapper/ours
move move 131072
fails_with "a reset that the target moves beyond the end of the device fails with EIO" \
    "$error" blkzone reset -o 8192 -c 1 /dev/mapper/ours
move move 281474708275200
fails_with "a reset that the target moves far beyond the end of the device fails with EIO" \
    "$error" blkzone reset -o 8192 -c 1 /dev/mapper/ours
fails_with "an open operation that the target moves beyond the end of the device fails with EIO" \
    "$error" blkzone open -o 8192 -c 1 /dev/mapper/ours
fails_with "a finish operation that the target moves beyond the end of the device fails with EIO" \
    "$error" blkzone finish -o 8192 -c 1 /dev/mapper/ours
move plain
move accept 1
same "a bio is mapped as a whole if the target accepts a part of a block" "" \
    "$(read_at /dev/mapper/ours 8192 0)"
between "the target gets an error for accepting a part of a block" 1 10 "$(counted unaccepted)"
move accept 8
same "a read succeeds if the target accepts one block of it" "" "$(read_at /dev/mapper/ours 8192 0)"
move plain
move reports 3
same "a zone report has as many zones as were requested" "4" \
    "$(blkzone report -o 0 -c 4 /dev/mapper/ours | wc -l)"
same "a zone report ends at the end of the device" "16" "$(blkzone report /dev/mapper/ours | wc -l)"
zones_refused() {
    dmesg | grep -c "device-mapper: .*: apus-anywhere: a zone of .* is reported, where none can be"
}
refused=$(zones_refused)
move report 1
move reports 2
fails_with "a report that has the same zones again fails with EIO" "$error" blkzone report -c 64 \
    /dev/mapper/ours
same "the log names the zone that is reported again" $((refused + 1)) "$(zones_refused)"
move report 3
fails_with "a report with invalid zones fails with EIO, although the target reports success" \
    "$error" blkzone report -c 64 /dev/mapper/ours
move plain
move report 2
fails_with "a report with zones at other sectors than requested fails with EIO" \
    "$error" blkzone report -c 64 /dev/mapper/ours
same "the log has a line for each of the three invalid reports" $((refused + 3)) "$(zones_refused)"
move plain
move reports 0
fails_with "a report without a zone fails with EIO" "$error" blkzone report /dev/mapper/ours
move plain
same "visitDevices of the target is called once" 1 "$(counted visits)"
holds "each mapped bio has ended" soon settled
gone ours
# If a target maps a part of a device, newer kernels reset all zones one by one, and ask the target
# for a zone report. If the report fails, each zone is reset. A suspension afterwards must not wait
# for a bio.
dmsetup create ours --table "0 65536 apus-anywhere /dev/nullb5 zoned"
move reports 0
timeout 60 blkzone reset /dev/mapper/ours 2> /tmp/reset &
ends_within 40 $!
move plain
dmsetup suspend ours &
ends_within 40 $! &&
    same "after a reset of all zones whose report fails, a suspension ends" "status 0" \
    "status $status"
dmsetup resume ours
holds "after the resumption, a zone is reset" blkzone reset -o 8192 -c 1 /dev/mapper/ours
holds "after the reset, each mapped bio has ended" soon settled
gone ours
refuses "a table of a target on a zoned device and another device is refused" dmsetup create ours \
    --table "0 131072 apus-anywhere /dev/nullb5 zoned /dev/nullb2"
same "the log gives the reason: zoned devices beside others" \
    1 "$(dmesg | grep -c 'Zoned devices beside others')"

# --- Requests that a target maps ---
dmsetup create ours --table "0 262144 apus-blind /dev/nullb3"
same "a request within the lower device succeeds" "" "$(read_at /dev/mapper/ours 4096 16383)"
contains "a request beyond the end of the lower device fails with EIO" \
    "$error" "$(read_at /dev/mapper/ours 4096 16384)"
gone ours
# The request's memory has gaps, because the device that the target reports accepts gaps.
gap_error() { gaps ours 2>&1 | tail -n 1; }
dmsetup create ours --table "0 131072 apus-blind /dev/nullb3 /dev/nullb3"
contains "a request whose memory has gaps is sent to a device without a virtual boundary" \
    "8 8 " "$(gap_error)"
gone ours
dmsetup create ours --table "0 131072 apus-blind /dev/nullb7 /dev/nullb3"
contains "a request whose memory has gaps fails on an unreported device with a boundary" \
    "$error" "$(gap_error)"
same "a request without gaps succeeds on a device with a virtual boundary" \
    "" "$(read_at /dev/mapper/ours 4096 1)"
gone ours

# --- Requests that a disk forwards ---
tell relay /dev/nullb2
same "a request in whole blocks of the lower device is forwarded" \
    "" "$(read_at /dev/apusrelay0 4096 1)"
contains "a request of less than a block of the lower device fails with EIO" \
    "$error" "$(read_at /dev/apusrelay0 512 1)"
tell place 1
contains "a request that the driver moves by less than a block fails with EIO" \
    "$error" "$(read_at /dev/apusrelay0 4096 1)"
tell place 131072
contains "a request that the driver moves beyond the end of the device fails with EIO" \
    "$error" "$(read_at /dev/apusrelay0 4096 1)"
tell place 0
# Two discards of separate ranges in one request.
dd if=/dev/urandom of=/dev/nullb2 bs=64k count=64 oflag=direct status=none
printf '%s\n' "0 512 linear /dev/apusrelay0 0" "512 512 linear /dev/apusrelay0 4096" |
    dmsetup create apart
blkdiscard -l 524288 /dev/mapper/apart
zeroes() {
    dd if=/dev/nullb2 bs=256k skip="$1" count=1 iflag=direct status=none | tr -d '\0' | wc -c
}
same "a discard request of two ranges discards both ranges" "0 0" "$(zeroes 0) $(zeroes 8)"
between "the data between the two discarded ranges is kept" 200000 262144 "$(zeroes 1)"
gone apart
tell norelay 1
tell relay_readonly /dev/nullb0
same "a read is forwarded to a device that was opened to read" "" \
    "$(read_at /dev/apusrelay0 4096 1)"
contains "a write fails with EIO on a device that was opened to read" "$error" \
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
same "requests of a plug can be forwarded within queue" "0 0" "$fio_status $fio_error"
tell direct 0
tell copies 1
run_fio flags --filename=/dev/apusrelay0 --rw=randread --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=8 --size=4m --readonly
same "a bio that copies the flags of a request succeeds" "0 0" "$fio_status $fio_error"
tell norelay 1
unloads apus_submissions apusrelay
