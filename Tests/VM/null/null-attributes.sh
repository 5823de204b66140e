#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus_null as the block layer presents it: sysfs, partitions, lsblk and blkid, schedulers that are
# changed under I/O.
# apus: memory=1024 cpus=2 timeout=180
. ./lib.sh

attribute() { cat "/sys/block/apusnull0/$1"; }
# attributes NAME=VALUE…: each attribute has the expected value.
attributes() {
    local pair
    for pair; do
        same "$block-byte blocks, ${pair%%=*}" "${pair#*=}" "$(attribute "${pair%%=*}")"
    done
}

for block in 512 4096; do
    reload memory_backed=1 discard=1 size=64 bs=$block submit_queues=2 hw_queue_depth=32
    attributes queue/logical_block_size=$block queue/physical_block_size=$block \
        queue/hw_sector_size=$block \
        queue/minimum_io_size=$block queue/discard_granularity=$block queue/rotational=0 \
        queue/write_cache="write through" \
        queue/fua=0 queue/zoned=none size=131072 ro=0 removable=0
    # With a scheduler a queue has twice as many requests as tags, if there are enough tags.
    echo none > /sys/block/apusnull0/queue/scheduler
    attributes queue/nr_requests=32
    same "$block-byte blocks, sysfs has two hardware queues and a poll queue" 3 \
        "$(entries /sys/block/apusnull0/mq)"
    same "$block-byte blocks, each queue has 32 tags, and each CPU has a queue" \
        "32 32 32, 0 1 0, 1" "$(cat /sys/block/apusnull0/mq/*/nr_tags |
            xargs), $(cat /sys/block/apusnull0/mq/*/cpu_list | xargs)"
done
between "the discard limit is at least 2 GiB" $((2 << 30)) $((4 << 30)) \
    "$(attribute queue/discard_max_bytes)" bytes
same "lsblk shows the size, the block sizes and the type of the disk" "64M 4096 4096 0 disk" \
    "$(lsblk -dno SIZE,LOG-SEC,PHY-SEC,ROTA,TYPE /dev/apusnull0 | xargs)"
reload size=64
same "without discard=1, both discard limits are 0" "0 0" \
    "$(attribute queue/discard_granularity) $(attribute queue/discard_max_bytes)"
reload size=64 submit_queues=256 hw_queue_depth=1
same "with submit_queues=256, there is one queue for each CPU, and a poll queue" 3 \
    "$(entries /sys/block/apusnull0/mq)"

# --- Partitions: an MBR with two, 1 MiB to 9 MiB and 16 MiB to 48 MiB ---
reload memory_backed=1 size=64
little_endian() {
    printf '%b' "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)))"
}
entry() { printf '\0\0\0\0\203\0\0\0' && little_endian "$1" && little_endian "$2"; }
{
    head -c 446 /dev/zero && entry 2048 16384 && entry 32768 65536 && head -c 32 /dev/zero &&
        printf '\125\252'
} > /tmp/table
dd if=/tmp/table of=/dev/apusnull0 oflag=direct status=none
blockdev --rereadpt /dev/apusnull0
same "the kernel finds both partitions of an MBR" "apusnull0p1 2048 16384 apusnull0p2 32768 65536" \
    "$(for part in /sys/block/apusnull0/apusnull0p*; do echo "${part##*/}" "$(cat "$part/start")" "$(cat "$part/size")"; done | xargs)"
mkfs.ext4 -q -L hello /dev/apusnull0p2
same "blkid finds the label and the type of ext4 on a partition" "hello ext4" \
    "$(blkid -p -s LABEL -o value /dev/apusnull0p2) $(blkid -p -s TYPE -o value /dev/apusnull0p2)"
head -c 8M /dev/urandom > /tmp/data
dd if=/tmp/data of=/dev/apusnull0p1 bs=1M oflag=direct status=none
same "data that is written to a partition begins at its first sector" "$(digest < /tmp/data)" \
    "$(dd if=/dev/apusnull0 bs=1M skip=1 count=8 iflag=direct status=none | digest)"
fails_with "a write beyond the end of a partition fails with ENOSPC" \
    "No space left on device" dd if=/tmp/data \
    of=/dev/apusnull0p1 bs=512 seek=16384 oflag=direct status=none conv=notrunc
same "lsblk shows the disk and its partitions" "apusnull0 disk apusnull0p1 part apusnull0p2 part" \
    "$(lsblk -lno NAME,TYPE /dev/apusnull0 | xargs)"
echo 0 > /sys/module/apus_null/parameters/remove
same "the partitions are removed with their disk" nothing "$(leftovers none apusnull)"

# --- Schedulers and queue depth, changed under I/O ---
reload memory_backed=1 size=16 submit_queues=2
modprobe -q -a bfq kyber-iosched mq-deadline
fio --name=scheduled --filename=/dev/apusnull0 --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=16 --numjobs=2 --size=8m \
    --offset_increment=8m --verify=crc32c --verify_fatal=1 --loops=8 --output-format=json \
    --output=/tmp/scheduled.json &
fio=$!
switches=0 tried=
while kill -0 $fio 2> /dev/null; do
    for scheduler in $(tr -d '[]' < /sys/block/apusnull0/queue/scheduler); do
        echo "$scheduler" > /sys/block/apusnull0/queue/scheduler
        contains "the scheduler is set to $scheduler under I/O" \
            "[$scheduler]" "$(attribute queue/scheduler)" >> /tmp/switches
        echo $((8 + RANDOM % 56)) > /sys/block/apusnull0/queue/nr_requests
        switches=$((switches + 1))
        case $tried in *" $scheduler"*) ;; *) tried="$tried $scheduler" ;; esac
        sleep 0.1
    done
done
ends_within 60 $fio
same "fio verifies its data while the scheduler and the queue depth change" "status 0, error 0" \
    "status $status, error $(awk '/"error" :/ { print $3 + 0; exit }' /tmp/scheduled.json)"
same "no change of the scheduler is refused" 0 "$(grep -c '^not ok' /tmp/switches)"
between "the scheduler changes at least 8 times" 8 100000 "$switches" "changes among$tried"
contains "mq-deadline is one of the schedulers" mq-deadline "$tried"
unloads apus_null apusnull
