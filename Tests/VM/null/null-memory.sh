#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus_null's memory: a write allocates pages, a discard frees them, and neighbouring data stays.
# apus: memory=1024 cpus=2 timeout=180
. ./lib.sh

write() { dd if="$1" of=/dev/apusnull0 bs=1M oflag=direct conv=notrunc status=none; }
read_device() { dd if=/dev/apusnull0 bs=1M count="$1" iflag=direct status=none; }
# The bytes of the device from START on.
bytes_at() {
    dd if=/dev/apusnull0 bs=64k iflag=direct,skip_bytes,count_bytes skip="$1" count="$2" status=none
}

exact_memory
reload memory_backed=1 discard=1 size=256
head -c 32M /dev/urandom > /tmp/data

same "a new device has no page" 0 "$(pages 0)"
same "blocks that were never written read as zeroes" "$(head -c 8M /dev/zero | digest)" \
    "$(read_device 8 | digest)"
same "reads allocate no page" 0 "$(pages 0)"
drop_caches
before=$(meminfo MemFree)
write /tmp/data
same "a write of 32 MiB allocates 8192 pages" 8192 "$(pages 0)"
between "the write reduces MemFree by about 32 MiB" $((28 << 10)) $((44 << 10)) \
    $((before - $(meminfo MemFree))) KiB
write /tmp/data
same "a second write to the same blocks allocates no page" 8192 "$(pages 0)"
same "a read returns the data of the write" "$(digest < /tmp/data)" "$(read_device 32 | digest)"

# A discard of 2 MiB less 1024 bytes from 1 MiB + 512 on. Whole pages are freed, the parts of pages
# at both ends are zeroed, and neighbouring data is unchanged.
start=$(((1 << 20) + 512)) length=$(((2 << 20) - 1024))
blkdiscard --offset $start --length $length /dev/apusnull0
{
    head -c $start /tmp/data
    head -c $length /dev/zero
    tail -c +$((start + length + 1)) /tmp/data
} > /tmp/expected
same "an unaligned discard zeroes its range, and keeps the data around it" \
    "$(digest < /tmp/expected)" "$(read_device 32 | digest)"
same "an unaligned discard frees the pages that lie within it" $((8192 - 510)) "$(pages 0)"
# Discards within one page, across a page boundary, and of a whole page.
blkdiscard --offset $(((4 << 20) + 1024)) --length 512 /dev/apusnull0
blkdiscard --offset $(((5 << 20) - 512)) --length 1024 /dev/apusnull0
blkdiscard --offset $((6 << 20)) --length 4096 /dev/apusnull0
for range in $(((4 << 20) + 1024)):512 $(((5 << 20) - 512)):1024 $((6 << 20)):4096; do
    dd if=/dev/zero of=/tmp/expected bs=512 seek=$((${range%:*} / 512)) \
        count=$((${range#*:} / 512)) conv=notrunc status=none
done
same "discards of parts of pages keep the other parts" "$(digest < /tmp/expected)" \
    "$(read_device 32 | digest)"
same "of these discards, only that of a whole page frees a page" $((8192 - 511)) "$(pages 0)"
same "a discarded page reads as zeroes" "$(head -c 4096 /dev/zero | digest)" \
    "$(bytes_at $((6 << 20)) 4096 | digest)"

blkdiscard --zeroout --offset $((8 << 20)) --length $((1 << 20)) /dev/apusnull0
dd if=/dev/zero of=/tmp/expected bs=1M seek=8 count=1 conv=notrunc status=none
same "write zeroes zeroes its range" "$(digest < /tmp/expected)" "$(read_device 32 | digest)"

drop_caches
before=$(meminfo MemFree)
blkdiscard /dev/apusnull0
same "a discard of the whole device frees each page" 0 "$(pages 0)"
between "the discard increases MemFree by about 32 MiB" $((28 << 10)) $((44 << 10)) \
    $(($(meminfo MemFree) - before)) KiB
same "the discarded device reads as zeroes" "$(head -c 32M /dev/zero | digest)" \
    "$(read_device 32 | digest)"

# Concurrent discards and writes, of separate and of the same blocks. Afterwards the count must be
# exact.
run_fio trim --filename=/dev/apusnull0 --rw=trimwrite --bs=4k --size=16m --numjobs=2 --direct=1 \
    --ioengine=psync
same "two jobs that write and discard the same blocks succeed" \
    "status 0, error 0, written $((32 << 20))" \
    "status $fio_status, error $fio_error, written $fio_written"
blkdiscard /dev/apusnull0
same "after a discard of the whole device, the count of pages is 0" 0 "$(pages 0)"

write /tmp/data
drop_caches
before=$(meminfo MemFree)
set_parameter remove 0
between "the removal of a device increases MemFree by about 32 MiB" $((28 << 10)) $((44 << 10)) \
    $(($(meminfo MemFree) - before)) KiB

reload memory_backed=1 size=64
write /tmp/data
fails_with "without discard=1, a discard fails with EOPNOTSUPP" \
    "Operation not supported" blkdiscard /dev/apusnull0
same "after the refused discard, the data and the pages are unchanged" \
    "$(digest < /tmp/data), 8192 pages" "$(read_device 32 | digest), $(pages 0) pages"
blkdiscard --zeroout /dev/apusnull0
same "without discard=1, write zeroes zeroes the range" "$(head -c 32M /dev/zero | digest)" \
    "$(read_device 32 | digest)"

# A zone becomes read-only, and then empty, while a write copies into it. The writes after that
# fail, because they are not at the write pointer. If the copy went on after the reset, its data
# would appear when the zone is finished: a finished zone is readable up to its end.
reload nr_devices=0
zoned=/sys/kernel/config/apusnull/zoned
mkdir $zoned
for pair in memory_backed=1 size=16 zoned=1 zone_size=16 max_sectors=4096 power=1; do
    printf '%s\n' "${pair#*=}" > "$zoned/${pair%%=*}"
done
echo none > /sys/block/zoned/queue/scheduler
echo 2048 > /sys/block/zoned/queue/max_sectors_kb
# Pages of 2 MiB, so that a write of 2 MiB is one request.
echo always > /sys/kernel/mm/transparent_hugepage/enabled
yes | head -c 16M > /tmp/lines
expect 'I/O error, dev zoned'
writes() { read -ra stat < /sys/block/zoned/stat && echo "${stat[4]}"; }
left='' interrupted=0
for round in $(seq 40); do
    blkzone reset /dev/zoned
    before=$(writes)
    dd if=/tmp/lines of=/dev/zoned bs=2M oflag=direct conv=notrunc status=none 2> /tmp/err &
    until [ "$(writes)" -gt $((before + round % 4)) ] || ! kill -0 $! 2> /tmp/err; do :; done
    { echo 0; echo 0; } > $zoned/zone_readonly
    wait $! && continue
    interrupted=$((interrupted + 1))
    blkzone finish /dev/zoned
    bytes=$(tr -d '\0' < /dev/zoned | wc -c)
    if [ "$bytes" != 0 ]; then left+=" $bytes in round $round;"; fi
done
same "an interrupted write leaves no bytes in the zone" "" "$left"
between "at least 10 of 40 zone writes are interrupted by a reset" 10 40 "$interrupted" times
rmdir $zoned

mark_log
reload size=64 discard=1
contains "discard=1 without memory_backed=1 logs that it is ignored" \
    "discard option is ignored without memory backing" "$(new_log)"
write /tmp/data
same "a device without memory completes writes and reads, and allocates no page" \
    "$((32 << 20)) bytes, 0 pages" "$(read_device 32 | wc -c) bytes, $(pages 0) pages"
fails_with "a discard of a device without memory fails with EOPNOTSUPP" \
    "Operation not supported" blkdiscard /dev/apusnull0
unloads apus_null apusnull
