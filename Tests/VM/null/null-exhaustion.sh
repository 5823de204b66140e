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
fails_with "a write for which no memory is left fails with ENOSPC" "No space left on device" fill 32
filled=$(pages 0)
between "before the failure, the disk takes a large part of the memory" $((free * 7 / 40)) \
    $(($(meminfo MemTotal) / 4)) "$filled" "pages, of $((free / 4)) that were available"
fails_with "the next write to a new page fails with ENOSPC" "No space left on device" fill 2048
same "the data that was written before the failure is unchanged" "$before" \
    "$(dd if=/dev/apusnull0 bs=1M count=32 iflag=direct status=none | digest)"
holds "a write to a block that has a page succeeds" dd if=/tmp/data of=/dev/apusnull0 bs=1M \
    count=1 oflag=direct conv=notrunc status=none
same "the data of the other disk is unchanged" "$(head -c 4M /tmp/data | digest)" \
    "$(dd if=/dev/apusnull1 bs=1M count=4 iflag=direct status=none | digest)"
run_fio full --filename=/dev/apusnull0 --rw=write --bs=256k --direct=1 --ioengine=io_uring \
    --iodepth=8 --offset=3g --size=256m
same "fio fails with ENOSPC" "errno 28, status 1" "errno $fio_error, status $fio_status"
same "the log has no line of the out-of-memory killer" "0 lines" "$(new_log |
        grep -c -i -E 'out of memory|oom-killer|oom_reaper|page allocation failure|invoked oom') lines"

blkdiscard --offset $((32 << 20)) --length $(((4096 - 32) << 20)) /dev/apusnull0
same "a discard frees the pages of its range" $((32 << 8)) "$(pages 0)"
holds "after the discard, writes succeed" \
    dd if=/tmp/data of=/dev/apusnull0 bs=1M seek=1024 oflag=direct conv=notrunc status=none
same "reads return the data of these writes" "$before" \
    "$(dd if=/dev/apusnull0 bs=1M skip=1024 count=32 iflag=direct status=none | digest)"
same "the data that was written first is still unchanged" "$before" \
    "$(dd if=/dev/apusnull0 bs=1M count=32 iflag=direct status=none | digest)"

# The same through a file system, whose writes come from kernel threads.
blkdiscard /dev/apusnull0
mkfs.ext4 -q -E nodiscard /dev/apusnull0
mkdir -p /mnt/apus
mount -o errors=remount-ro /dev/apusnull0 /mnt/apus
cp /tmp/data /mnt/apus/first && sync
mark_log
fill_file() { dd if=/dev/zero of=/mnt/apus/file bs=1M count=3000 oflag=direct status=none; }
fails_with "a file that is larger than the memory fails with ENOSPC" "No space left on device" \
    fill_file
rm -f /mnt/apus/file
same "an older file is unchanged" "$before" "$(digest < /mnt/apus/first)"
holds "the file system is unmounted" umount -v /mnt/apus
same "after the file, the log has no line of the out-of-memory killer" "0 lines" "$(new_log |
        grep -c -i -E 'out of memory|oom-killer|oom_reaper|page allocation failure|invoked oom') lines"
unloads apus_null apusnull
