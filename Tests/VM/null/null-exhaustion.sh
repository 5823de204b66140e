#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus_null without memory: if the device is larger than the machine's memory, writes fail with
# ENOSPC, and the out-of-memory killer does not run.
# apus: memory=512 cpus=2 timeout=180
. ./lib.sh

echo -1000 > /proc/self/oom_score_adj
fill() { dd if=/dev/zero of=/dev/apusnull0 bs=1M seek="$1" oflag=direct conv=notrunc status=none; }

reload nr_devices=2 memory_backed=1 discard=1 size=4096
head -c 32M /dev/urandom > /tmp/data
dd if=/tmp/data of=/dev/apusnull0 bs=1M oflag=direct conv=notrunc status=none
dd if=/tmp/data of=/dev/apusnull1 bs=1M count=4 oflag=direct conv=notrunc status=none
free=$(meminfo MemAvailable)
before=$(digest < /tmp/data)
mark_log
fails_with "the write for which no memory is left fails" "No space left on device" fill 32
filled=$(pages 0)
between "most of the machine's memory was taken before" $((free * 7 / 40)) \
    $(($(meminfo MemTotal) / 4)) "$filled" "pages, of $((free / 4)) that were available"
fails_with "so does the next one" "No space left on device" fill 2048
same "what was written before is intact" "$before" \
    "$(dd if=/dev/apusnull0 bs=1M count=32 iflag=direct status=none | digest)"
holds "a block that has its page can be written again" dd if=/tmp/data of=/dev/apusnull0 bs=1M \
    count=1 oflag=direct conv=notrunc status=none
same "the other device has its data" "$(head -c 4M /tmp/data | digest)" \
    "$(dd if=/dev/apusnull1 bs=1M count=4 iflag=direct status=none | digest)"
run_fio full --filename=/dev/apusnull0 --rw=write --bs=256k --direct=1 --ioengine=io_uring \
    --iodepth=8 --offset=3g --size=256m
same "fio is told of it, too" "errno 28, status 1" "errno $fio_error, status $fio_status"
same "the out-of-memory killer was not called" "0 lines" \
    "$(new_log |
        grep -c -i -E 'out of memory|oom-killer|oom_reaper|page allocation failure|invoked oom') lines"

blkdiscard --offset $((32 << 20)) --length $(((4096 - 32) << 20)) /dev/apusnull0
same "a discard gives the memory back" $((32 << 8)) "$(pages 0)"
holds "writes succeed again" dd if=/tmp/data of=/dev/apusnull0 bs=1M seek=1024 oflag=direct \
    conv=notrunc status=none
same "and are read back" "$before" \
    "$(dd if=/dev/apusnull0 bs=1M skip=1024 count=32 iflag=direct status=none | digest)"
same "what was written first is still intact" "$before" \
    "$(dd if=/dev/apusnull0 bs=1M count=32 iflag=direct status=none | digest)"

# The same through a file system, whose writes come from kernel threads.
blkdiscard /dev/apusnull0
mkfs.ext4 -q -E nodiscard /dev/apusnull0
mkdir -p /mnt/apus
mount -o errors=remount-ro /dev/apusnull0 /mnt/apus
cp /tmp/data /mnt/apus/first && sync
mark_log
fill_file() { dd if=/dev/zero of=/mnt/apus/file bs=1M count=3000 oflag=direct status=none; }
fails_with "a file that is larger than the memory fails to be written" "No space left on device" \
    fill_file
rm -f /mnt/apus/file
same "a file that was there before is intact" "$before" "$(digest < /mnt/apus/first)"
holds "the file system can be unmounted" umount -v /mnt/apus
same "the out-of-memory killer was not called there, either" "0 lines" \
    "$(new_log |
        grep -c -i -E 'out of memory|oom-killer|oom_reaper|page allocation failure|invoked oom') lines"
unloads apus_null apusnull
