#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus_plain, the example to copy, is a working disk: data that is written reads back, and a file
# system works on it.
# apus: memory=512 cpus=2 timeout=180
. ./lib.sh

holds "apus_plain loads with size=32" modprobe apus_plain size=32
same "the disk has the size of the parameter, and blocks of a page" "65536 sectors, 4096 bytes" \
    "$(cat /sys/block/apusplain0/size) sectors, $(cat /sys/block/apusplain0/queue/logical_block_size) bytes"
same "blocks that were never written read as zeroes" "$(head -c 1048576 /dev/zero | digest)" \
    "$(dd if=/dev/apusplain0 bs=1M count=1 iflag=direct status=none | digest)"
# Memory that begins within a page makes segments that end within a page.
run_fio verify --filename=/dev/apusplain0 --rw=randwrite --bsrange=4k-64k --direct=1 \
    --ioengine=io_uring --iodepth=16 --size=32m \
    --verify=crc32c --iomem_align=512
same "fio verifies its data, in memory that is not aligned to pages" \
    "status 0, 0 errors, 33554432 bytes" \
    "status $fio_status, $fio_errors errors, $fio_written bytes"
holds "mkfs.ext4 succeeds on the disk" mkfs.ext4 -q -F /dev/apusplain0
mkdir -p /mnt/plain
holds "ext4 on the disk is mounted" mount /dev/apusplain0 /mnt/plain
head -c 7777777 /dev/urandom > /mnt/plain/file
before=$(digest < /mnt/plain/file)
umount /mnt/plain
drop_caches
mount /dev/apusplain0 /mnt/plain
same "a file is unchanged after ext4 is mounted again" "$before" "$(digest < /mnt/plain/file)"
umount /mnt/plain
holds "fsck.ext4 finds no error" fsck.ext4 -fn /dev/apusplain0
fails_with "a discard fails with EOPNOTSUPP" "Operation not supported" blkdiscard /dev/apusplain0
unloads apus_plain apusplain
fails_with "modprobe with size=0, which is out of range, fails with EINVAL" \
    "Invalid argument" modprobe apus_plain size=0
same "after the refused load, nothing of the module remains" \
    nothing "$(leftovers apus_plain apusplain)"
