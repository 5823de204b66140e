#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every request completes exactly once, whether the driver drops, refuses, keeps or holds it.
# apus: memory=1024 cpus=2 timeout=180
# differs: how a timeout and a plug of requests are dispatched
. ./lib.sh

# count DISK NAME: one of the module's counters of a disk.
count() {
    awk -v name="apusfault$1" -v key="$2=" \
        '$1 == name { for (i = 2; i <= NF; i++) if (sub(key, "", $i)) print $i }' \
        /sys/module/apus_faults/parameters/counts
}
counts() { sed -n "s/^apusfault$1 //p" /sys/module/apus_faults/parameters/counts; }
tell() { echo 1 > "/sys/module/apus_faults/parameters/$1"; }
in_flight() { awk '{ print $1 + $2 }' "/sys/block/apusfault$1/inflight"; }
read_block() {
    timeout 20 dd if="/dev/apusfault$1" of=/dev/null bs=4096 skip="${2:-0}" count=1 iflag=direct \
        status=none
}
write_block() {
    timeout 20 dd if=/dev/zero of="/dev/apusfault$1" bs=4096 count=1 oflag=direct,nonblock \
        conv=notrunc status=none
}

modprobe apus_faults
same "the module has 10 disks, and none has had a request" "10, none has had a request" \
    "$(ls -d /sys/block/apusfault* |
        wc -l), $(grep -c 'offered=0 done=0 failed=0 refused=0' /sys/module/apus_faults/parameters/counts | sed 's/^10$/none has had a request/')"
holds "a call that enables interrupts is refused in the handler of a timer" tell interrupt
tell arm

# --- Requests that the driver drops, in three ways ---
number=0
for path in "before its start" "after its start" "by a thrown error"; do
    fails_with "a read that is dropped $path fails with EIO" "Input/output error" read_block $number
    fails_with "a write that is dropped $path fails with EIO" "Input/output error" write_block \
        $number
    run_fio dropped --filename=/dev/apusfault$number --rw=randrw --bs=4k --direct=1 \
        --ioengine=io_uring --iodepth=16 --numjobs=2 \
        --size=4m --continue_on_error=all
    same "each of 2048 requests that are dropped $path fails once" \
        "2048 errors, offered=2050 done=0 failed=2050 refused=0, 0 in flight" \
        "$fio_errors errors, $(counts $number), $(in_flight $number) in flight"
    number=$((number + 1))
done

# --- Requests that the driver refuses, and that are dispatched again ---
run_fio refused --filename=/dev/apusfault3 --rw=randread --bs=4k --direct=1 --ioengine=psync \
    --size=1m
same "requests that the driver refuses three times are dispatched again and succeed" \
    "status 0, 0 errors, offered=1024 done=256 failed=0 refused=768, 0 in flight" \
    "status $fio_status, $fio_errors errors, $(counts 3), $(in_flight 3) in flight"
run_fio refused --filename=/dev/apusfault3 --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=16 --numjobs=2 --size=1m
same "concurrent requests that the driver refuses are dispatched again and succeed" \
    "status 0, 0 errors, 768 done, 0 in flight" \
    "status $fio_status, $fio_errors errors, $(count 3 "done") done, $(in_flight 3) in flight"
same "the dispatched requests are those that succeeded and those that were refused" \
    "$(count 3 offered)" $(($(count 3 "done") + $(count 3 refused)))

# --- The driver refuses a request other than the one that was dispatched ---
# The driver keeps one request, and does not start it. In the call for the next request, it
# completes that request, and refuses the kept one.
read_block 4 0 2> /tmp/kept.text &
kept=$!
kept_is_there() { [ "$(count 4 offered)" = 1 ]; }
soon kept_is_there
same "a request that the driver keeps, and has not started, does not complete" \
    "1 offered, dd waits" "$(count 4 offered) offered, $(kill -0 $kept && echo dd waits)"
holds "the next request succeeds" read_block 4 1
if ends_within 20 $kept; then
    contains "a kept request that is refused in the call of another one fails with EIO" \
        "Input/output error" "$(cat /tmp/kept.text)"
else
    fail "a kept request that is refused in the call of another one fails with EIO" \
        "it has no answer after 20 seconds"
    tell release
fi
run_fio another --filename=/dev/apusfault4 --rw=randread --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=16 --size=4m --continue_on_error=all
same "of 1024 requests to this disk, half fail in this way, and half succeed" \
    "512 errors, offered=1026 done=513 failed=0 refused=513, 0 in flight" \
    "$fio_errors errors, $(counts 4), $(in_flight 4) in flight"
read_block 4 2> /tmp/kept.text &
kept=$!
soon eval '[ "$(count 4 offered)" = 1027 ]'
tell release
ends_within 20 $kept
contains "a kept request that the driver releases fails with EIO" \
    "Input/output error" "$(cat /tmp/kept.text)"

# The same request is dispatched twice. The first call ends it, and waits until a second call gets
# the same request structure. Then the first call refuses the request.
echo none > /sys/block/apusfault9/queue/scheduler
taskset -c 0 timeout 60 dd if=/dev/apusfault9 of=/dev/null bs=4096 count=1 iflag=direct \
    status=none 2> /tmp/first.text &
first=$!
soon eval '[ "$(count 9 offered)" = 1 ]'
taskset -c 1 timeout 60 dd if=/dev/apusfault9 of=/dev/null bs=4096 count=1 iflag=direct \
    status=none 2> /tmp/next.text &
next=$!
ends_within 40 $first &&
    same "a request that is ended within its own call succeeds" "status 0, " \
    "status $status, $(cat /tmp/first.text)"
ends_within 20 $next &&
    contains "a request of another call, refused in the place of the ended one, fails with EIO" \
    "Input/output error" "$(cat /tmp/next.text)"
same "both requests complete once" "offered=2 done=1 failed=0 refused=1, 0 in flight" \
    "$(counts 9), $(in_flight 9) in flight"

# --- Requests that the driver holds, and ends in another call ---
read_block 5 0 &
first=$!
soon eval '[ "$(count 5 offered)" = 1 ]'
sleep 1
same "a request that the driver holds is in flight" "1 in flight, done 0" \
    "$(in_flight 5) in flight, done $(count 5 "done")"
read_block 5 1 &
second=$!
ends_within 20 $first &&
    same "the held request ends when the next one is dispatched" "status 0, 1 in flight, done 1" \
    "status $status, $(in_flight 5) in flight, done $(count 5 "done")"
tell release
ends_within 20 $second &&
    same "the last held request ends when the driver is told to release it" \
        "status 0, 0 in flight, done 2" \
    "status $status, $(in_flight 5) in flight, done $(count 5 "done")"
fio --name=held --filename=/dev/apusfault5 --rw=randread --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=8 --numjobs=2 --size=2m \
    --output=/tmp/held.text &
fio=$!
for _ in $(seq 100); do kill -0 $fio 2> /dev/null || break; tell release; sleep 0.2; done
ends_within 20 $fio
same "all of 1024 requests end, although each waits for another one" \
    "status 0, offered=1026 done=1026 failed=0 refused=0, 0 in flight" \
    "status $status, $(counts 5), $(in_flight 5) in flight"

# --- Every status, as user space sees it ---
place=0
for error in "Operation not supported" "Connection timed out" "No space left on device" \
    "Link has been severed" "Remote I/O error" \
    "Invalid exchange" "No data available" "Invalid or incomplete multibyte" \
    "Cannot allocate memory" "Input/output error" \
    "Resource temporarily unavailable" "No such device" "No space left on device" \
    "Cannot allocate memory" "Input/output error" \
    "Input/output error"; do
    fails_with "status $place of a request gives user space its error" "$error" read_block 6 $place
    place=$((place + 1))
done
holds "a request with the status of success succeeds" read_block 6 $place

# --- Disks that are removed while their driver holds requests ---
# The driver ends these requests only in its deinit, and the removal waits for them before it ends
# the driver. After the request timeout, the removal ends the driver first. It does the same for
# requests that the driver refused with stopped queues, or requeued without a kick.
for number in 4 5 7 8; do
    wanted=$(($(count $number offered) + 1))
    read_block $number 7 2> /tmp/taken.text &
    taken=$!
    is_offered() { [ "$(count "$number" offered)" = "$wanted" ]; }
    soon is_offered
    bash -c "echo $number > /sys/module/apus_faults/parameters/remove" &
    remover=$!
    ends_within 60 $remover &&
        same "disk $number is removed within a minute, although its driver holds a request" \
        "status 0, 0 of it left" \
        "status $status, $(find /sys/block -name apusfault$number | wc -l) of it left"
    ends_within 20 $taken
    contains "after the removal, the held request fails with EIO" \
        "Input/output error" "$(cat /tmp/taken.text)"
done
contains "a request that ends in the driver's deinit has no hardware queue" \
    "disk 5 ended with a request that has no hardware queue any more" \
    "$(dmesg | grep 'disk 5 ended')"
contains "the log says that requests are held back after the timeout" \
    "requests are still held back after the timeout" "$(dmesg)"
fails_with "a second removal of a disk fails with ENODEV" "No such device" \
    bash -c 'echo 5 > /sys/module/apus_faults/parameters/remove'

# --- A bio that its completion handler submits again ---
echo /dev/apusfault6 > /sys/module/apus_faults/parameters/resubmit
contains "a bio that its completion handler submits again is refused once, and ends once" \
    "a bio ended 1 times, and was refused 1 times" "$(dmesg)"

tell disarm
same "without faults, the other six disks complete reads" "6 blocks" \
    "$(for number in 0 1 2 3 6 9; do read_block $number && echo; done | wc -l) blocks"
unloads apus_faults apusfault
