#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus_null stores what is written: two concurrent fio jobs write whole devices, and verify every
# block.
# apus: memory=1024 cpus=2 timeout=300
. ./lib.sh

mebibytes=16
bytes=$((mebibytes << 20))

# verify NAME OPTION…: random reads and writes that touch each block of the device once. Each of two
# jobs uses one half. fio then checks each block that was written. The amount read in total is
# therefore the size of the device.
verify() {
    local name=$1
    shift
    run_fio verify --filename=/dev/apusnull0 --rw=randrw --verify=crc32c --numjobs=2 \
        --size=$((bytes / 2)) \
        --offset_increment=$((bytes / 2)) --verify_fatal=1 "$@"
    if [ "$fio_written" -gt $((bytes / 3)) ] && [ "$fio_written" -lt $((bytes * 2 / 3)) ]; then
        same "fio verifies the whole device with $name" "status 0, errors 0, read $bytes" \
            "status $fio_status, errors $fio_error, read $fio_read"
    else
        fail "fio verifies the whole device with $name" \
            "status $fio_status, errors $fio_error, written $fio_written of $bytes"
    fi
    [ "$fio_status" = 0 ] || head -n 5 /tmp/fio.text
}

# keep NAME OPTION…: writes each block once in random order, drops the cache, and checks each block
# on the device.
keep() {
    local name=$1 written
    shift
    run_fio keep --filename=/dev/apusnull0 --rw=randwrite --verify=crc32c --do_verify=0 \
        --numjobs=2 --size=$((bytes / 2)) \
        --offset_increment=$((bytes / 2)) "$@"
    written=$fio_written
    drop_caches
    run_fio keep --filename=/dev/apusnull0 --rw=randwrite --verify=crc32c --verify_only=1 \
        --verify_fatal=1 --numjobs=2 \
        --size=$((bytes / 2)) --offset_increment=$((bytes / 2)) "$@" --direct=1
    same "after the page cache is dropped, the device has $name" \
        "written $bytes, status 0, errors 0, read $bytes" \
        "written $written, status $fio_status, errors $fio_error, read $fio_read"
    [ "$fio_status" = 0 ] || head -n 5 /tmp/fio.text
}

for block in 512 4096; do
    reload memory_backed=1 size=$mebibytes bs=$block submit_queues=2
    same "a device of $block-byte blocks has the size and the queues of its parameters" \
        "$block bytes, $bytes bytes, 2 queues and one for polling" \
        "$(cat /sys/block/apusnull0/queue/logical_block_size) bytes, $(blockdev --getsize64 /dev/apusnull0) bytes, $(($(entries /sys/block/apusnull0/mq) - 1)) queues and one for polling"
    verify "direct psync, $block-byte blocks on $block" --ioengine=psync --direct=1 --bs=$block
    verify "direct io_uring, 4 KiB blocks on $block" --ioengine=io_uring --iodepth=16 --direct=1 \
        --bs=4k
    verify "direct io_uring, mixed blocks on $block" --ioengine=io_uring --iodepth=16 --direct=1 \
        --bssplit=4k/40:8k/30:64k/30
    verify "buffered psync, 4 KiB blocks on $block" --ioengine=psync --bs=4k
    verify "buffered io_uring, 64 KiB blocks on $block" --ioengine=io_uring --iodepth=16 --bs=64k
    keep "the data of buffered psync, 64 KiB blocks on $block" --ioengine=psync --bs=64k \
        --end_fsync=1
    keep "the data of buffered io_uring, 4 KiB blocks on $block" --ioengine=io_uring --iodepth=16 \
        --bs=4k --end_fsync=1
    same "the device of $block-byte blocks has a page for each 4096 bytes" $((bytes / 4096)) \
        "$(pages 0)"
    drop_caches
    direct=$(dd if=/dev/apusnull0 bs=64k iflag=direct status=none | md5sum)
    same "direct and buffered reads of $block-byte blocks return the same data" "${direct%% *}" \
        "$(md5sum < /dev/apusnull0 | cut -d' ' -f1)"
done
fails_with "a direct read of half a block of 4096 bytes fails with EINVAL" \
    "Invalid argument" dd if=/dev/apusnull0 of=/dev/null bs=512 count=1 iflag=direct
unloads apus_null apusnull
