#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus_null under concurrent configuration and use: attributes show the state of the device, two
# writers lose no update, and a bandwidth limit lets every request pass in the end, at the
# configured rate.
# apus: memory=1024 cpus=2 timeout=240
. ./lib.sh

modprobe apus_null nr_devices=0 poll_queues=1
root=/sys/kernel/config/apusnull
put() { printf '%s\n' "$2" > "$root/$1"; }
get() { printf '%s' "$(< "$root/$1")"; }
# device NAME ATTRIBUTE=VALUE…: a directory that is configured and powered on.
device() {
    local name=$1 pair
    shift
    mkdir "$root/$name"
    for pair; do put "$name/${pair%%=*}" "${pair#*=}"; done
    put "$name/power" 1
}
# until_stopped COMMAND…: repeats the command until /tmp/stop exists.
until_stopped() { while [ ! -e /tmp/stop ]; do "$@" 2> /dev/null; done; }
# The debug kernel takes a second for what other kernels do in twenty milliseconds.
tries=40 changes=20
if [ -e /proc/lockdep_stats ]; then tries=8 changes=4; fi

# --- Attributes are stored while the power goes on: they must show the state of the device ---
mkdir $root/truth
sizes() { put truth/size 16; put truth/size 32; }
blocks() { put truth/blocksize 512; put truth/blocksize 4096; }
depths() { put truth/hw_queue_depth 8; put truth/hw_queue_depth 32; }
for writer in sizes blocks depths; do until_stopped $writer & done
wrong=0 on=0
for ((try = 0; try < tries; try++)); do
    put truth/power 1 || continue
    on=$((on + 1))
    said="$(($(get truth/size) * 2048)) $(get truth/blocksize) $(get truth/hw_queue_depth)"
    is="$(< /sys/block/truth/size) $(< /sys/block/truth/queue/logical_block_size) $(< /sys/block/truth/mq/0/nr_tags)"
    [ "$said" = "$is" ] || { wrong=$((wrong + 1)) && seen="; the last: said '$said', is '$is'"; }
    put truth/power 0
done
: > /tmp/stop
wait
rm /tmp/stop
same "each of the power-on writes succeeds while attributes are stored" $tries $on
same "each of $tries devices has the values of its attributes, which are stored concurrently" \
    "0 wrong" "$wrong wrong${seen:-}"
rmdir $root/truth

# --- Two writers change the numbers of queues ---
device queues size=16 submit_queues=2
wrong=0 seen=
for ((try = 0; try < changes; try++)); do
    for number in 1 2 1 2; do put queues/submit_queues $number; done &
    for number in 0 1 0 1; do put queues/poll_queues $number; done &
    wait
    said=$(($(get queues/submit_queues) + $(get queues/poll_queues))) \
        is=$(entries /sys/block/queues/mq)
    [ "$said" = "$is" ] || { wrong=$((wrong + 1)) && seen="; the last: said $said, has $is"; }
done
same "in each of $changes rounds, neither of two writers loses its number of queues" \
    "0 wrong" "$wrong wrong$seen"
put queues/power 0
rmdir $root/queues

# --- Requests that are larger than one tick of the limit ---
# A tick is a fiftieth of a second. At 1 MiB/s it lets 20971 bytes pass.
for block in 16k 128k; do
    device slow size=16 memory_backed=1 mbps=1
    dd if=/dev/slow of=/dev/null bs=$block count=2 iflag=direct status=none &
    holds "at 1 MiB/s, requests of $block complete within a minute" ends_within 60 $!
    put slow/power 0 &
    holds "after these requests, power off ends within a minute" ends_within 60 $!
    rmdir $root/slow
done
device slow size=64 memory_backed=1 discard=1 mbps=100
blkdiscard --length 33554432 /dev/slow &
holds "at 100 MiB/s, a discard of 32 MiB completes within a minute" ends_within 60 $!
rmdir $root/slow

# The average rate holds, even if each request is larger than one tick. The test expects 6 MiB at 4
# MiB/s, less one tick and one request.
centiseconds() { awk '{ printf "%d\n", $1 * 100 }' /proc/uptime; }
for block in 4k 128k; do
    device slow size=64 mbps=4
    begin=$(centiseconds)
    run_fio slow --filename=/dev/slow --rw=randwrite --bs=$block --direct=1 --ioengine=io_uring \
        --iodepth=4 --size=6m
    between "6 MiB at 4 MiB/s, in requests of $block, take at least 1.4 seconds" 140 100000 \
        $(($(centiseconds) - begin)) "hundredths of a second"
    same "all requests under the limit succeed" \
        "status 0, 6291456 bytes" "status $fio_status, $fio_written bytes"
    rmdir $root/slow
done

# The power goes off under a limit. The requests in flight then complete first, without a limit. (At
# 1 MiB/s the 24 MiB would take 24 seconds, but the removal waits for the requests for only five.
# Data that the writer has not yet submitted fails after the disk is removed.)
device slow size=64 memory_backed=1 mbps=1
dd if=/dev/zero of=/dev/slow bs=24M count=1 oflag=direct status=none 2> /dev/null &
writer=$!
soon awk '$9 > 0 { found = 1 } END { exit !found }' /sys/block/slow/stat
put slow/power 0 &
holds "with 24 MiB in flight at 1 MiB/s, power off ends within a minute" ends_within 60 $!
holds "after power off, the writer ends within a minute" ends_within 60 $writer
same "the removal waits for all requests" "" "$(dmesg | grep "held back")"
rmdir $root/slow

# --- A list of bad blocks that is full ---
mkdir $root/bad
for ((range = 0; range < 512; range++)); do
    put bad/badblocks "+$((1000 + 2 * range))-$((1000 + 2 * range))"
done
same "a list of bad blocks has 512 ranges" 512 "$(grep -c . $root/bad/badblocks)"
fails_with "a range beyond the 512th is refused with ENOSPC" \
    "No space left on device" put bad/badblocks "+5000-5000"
fails_with "a range that touches the first range is refused with ENOSPC" \
    "No space left on device" put bad/badblocks "+700-1000"
holds "a range that the full list already has is accepted" put bad/badblocks "+1000-1000"
holds "a range is removed from the full list" put bad/badblocks "-1000-1000"
holds "after the removal, another range is accepted" put bad/badblocks "+700-700"
rmdir $root/bad
unloads apus_null apusnull

# --- More queues for polling than CPUs ---
modprobe apus_null poll_queues=5 submit_queues=1 nr_devices=1 size=16
same "with poll_queues=5, there is one poll queue for each CPU" $((1 + $(nproc))) \
    "$(entries /sys/block/apusnull0/mq)"
holds "a read of the disk with five poll queues succeeds" \
    dd if=/dev/apusnull0 of=/dev/null bs=4096 count=4 iflag=direct status=none
unloads apus_null apusnull
