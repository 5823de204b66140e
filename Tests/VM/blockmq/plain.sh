#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus_plain, the example to copy, is a working disk: data that is written reads back, and a file
# system works on it.
# apus: memory=512 cpus=2 timeout=180
. ./lib.sh

holds "the module loads" modprobe apus_plain size=32
same "the disk has the size that was asked for, and blocks of a page" "65536 sectors, 4096 bytes" \
    "$(cat /sys/block/apusplain0/size) sectors, $(cat /sys/block/apusplain0/queue/logical_block_size) bytes"
same "what was never written reads as zeroes" "$(head -c 1048576 /dev/zero | digest)" \
    "$(dd if=/dev/apusplain0 bs=1M count=1 iflag=direct status=none | digest)"
# Memory that begins within a page makes segments that end within a page.
run_fio verify --filename=/dev/apusplain0 --rw=randwrite --bsrange=4k-64k --direct=1 \
    --ioengine=io_uring --iodepth=16 --size=32m \
    --verify=crc32c --iomem_align=512
same "what fio wrote is what it reads, also from memory that is not aligned" \
    "status 0, 0 errors, 33554432 bytes" \
    "status $fio_status, $fio_errors errors, $fio_written bytes"
holds "ext4 is made" mkfs.ext4 -q -F /dev/apusplain0
mkdir -p /mnt/plain
holds "and mounted" mount /dev/apusplain0 /mnt/plain
head -c 7777777 /dev/urandom > /mnt/plain/file
before=$(digest < /mnt/plain/file)
umount /mnt/plain
drop_caches
mount /dev/apusplain0 /mnt/plain
same "a file is there when it is mounted again" "$before" "$(digest < /mnt/plain/file)"
umount /mnt/plain
holds "fsck has nothing to mend" fsck.ext4 -fn /dev/apusplain0
fails_with "a discard is refused" "Operation not supported" blkdiscard /dev/apusplain0
unloads apus_plain apusplain
fails_with "a size out of range is refused" "Invalid argument" modprobe apus_plain size=0
same "and leaves nothing" nothing "$(leftovers apus_plain apusplain)"
