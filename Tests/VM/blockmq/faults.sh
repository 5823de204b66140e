#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every request completes exactly once, whether the driver drops, refuses, keeps or holds it.
# apus: memory=1024 cpus=2 timeout=180
# differs: how a timeout and a plug of requests are dispatched
. ./lib.sh

# One of the numbers that the module counted for a disk.
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
same "there is a disk for each fault" "10, none has seen a request" \
    "$(ls -d /sys/block/apusfault* |
        wc -l), $(grep -c 'offered=0 done=0 failed=0 refused=0' /sys/module/apus_faults/parameters/counts | sed 's/^10$/none has seen a request/')"
holds "what turns interrupts on is refused in a timer's handler, which none interrupts" tell \
    interrupt
tell arm

# --- Dropped, in three ways ---
number=0
for path in "before it is started" "after it is started" "where an error is thrown"; do
    fails_with "a read that is dropped $path fails with EIO" "Input/output error" read_block $number
    fails_with "a write that is dropped $path fails with EIO" "Input/output error" write_block \
        $number
    run_fio dropped --filename=/dev/apusfault$number --rw=randrw --bs=4k --direct=1 \
        --ioengine=io_uring --iodepth=16 --numjobs=2 \
        --size=4m --continue_on_error=all
    same "each of 2048 requests that are dropped $path is an error, once" \
        "2048 errors, offered=2050 done=0 failed=2050 refused=0, 0 in flight" \
        "$fio_errors errors, $(counts $number), $(in_flight $number) in flight"
    number=$((number + 1))
done

# --- Refused, and offered again ---
run_fio refused --filename=/dev/apusfault3 --rw=randread --bs=4k --direct=1 --ioengine=psync \
    --size=1m
same "requests refused three times are offered again until they are done" \
    "status 0, 0 errors, offered=1024 done=256 failed=0 refused=768, 0 in flight" \
    "status $fio_status, $fio_errors errors, $(counts 3), $(in_flight 3) in flight"
run_fio refused --filename=/dev/apusfault3 --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=16 --numjobs=2 --size=1m
same "so are many at once" "status 0, 0 errors, 768 done, 0 in flight" \
    "status $fio_status, $fio_errors errors, $(count 3 "done") done, $(in_flight 3) in flight"
same "and nothing was lost on the way" "$(count 3 offered)" \
    $(($(count 3 "done") + $(count 3 refused)))

# --- The driver refuses a request other than the one that was offered ---
# The driver keeps one request without an answer. It carries out the next one, and refuses the first
# one in its place.
read_block 4 0 2> /tmp/kept.text &
kept=$!
kept_is_there() { [ "$(count 4 offered)" = 1 ]; }
soon kept_is_there
same "a request that is kept, unstarted, has no answer yet" "1 offered, dd waits" \
    "$(count 4 offered) offered, $(kill -0 $kept && echo dd waits)"
holds "the next request is carried out" read_block 4 1
if ends_within 20 $kept; then
    contains "the one that was kept, refused out of its turn, fails with EIO" "Input/output error" \
        "$(cat /tmp/kept.text)"
else
    fail "the one that was kept, refused out of its turn, fails with EIO" \
        "it has no answer after 20 seconds"
    tell release
fi
run_fio another --filename=/dev/apusfault4 --rw=randread --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=16 --size=4m --continue_on_error=all
same "half of 1024 requests come back so, and half are done" \
    "512 errors, offered=1026 done=513 failed=0 refused=513, 0 in flight" \
    "$fio_errors errors, $(counts 4), $(in_flight 4) in flight"
read_block 4 2> /tmp/kept.text &
kept=$!
soon eval '[ "$(count 4 offered)" = 1027 ]'
tell release
ends_within 20 $kept
contains "one that is kept and let go ends with EIO" "Input/output error" "$(cat /tmp/kept.text)"

# One request whose memory is offered twice: the first call ends it, waits until another call is
# offered the same memory, and refuses that request.
echo none > /sys/block/apusfault9/queue/scheduler
taskset -c 0 timeout 60 dd if=/dev/apusfault9 of=/dev/null bs=4096 count=1 iflag=direct \
    status=none 2> /tmp/first.text &
first=$!
soon eval '[ "$(count 9 offered)" = 1 ]'
taskset -c 1 timeout 60 dd if=/dev/apusfault9 of=/dev/null bs=4096 count=1 iflag=direct \
    status=none 2> /tmp/next.text &
next=$!
ends_within 40 $first &&
    same "a request that ends within its own call is carried out" "status 0, " \
    "status $status, $(cat /tmp/first.text)"
ends_within 20 $next &&
    contains "what another call offered meanwhile at its place is not given back in its place: it fails with EIO" \
    "Input/output error" "$(cat /tmp/next.text)"
same "and each has one answer" "offered=2 done=1 failed=0 refused=1, 0 in flight" \
    "$(counts 9), $(in_flight 9) in flight"

# --- Held, and ended in another call ---
read_block 5 0 &
first=$!
soon eval '[ "$(count 5 offered)" = 1 ]'
sleep 1
same "a request that is held is in flight" "1 in flight, done 0" \
    "$(in_flight 5) in flight, done $(count 5 "done")"
read_block 5 1 &
second=$!
ends_within 20 $first &&
    same "it ends when the next one comes" "status 0, 1 in flight, done 1" \
    "status $status, $(in_flight 5) in flight, done $(count 5 "done")"
tell release
ends_within 20 $second &&
    same "the last one ends when the driver is told" "status 0, 0 in flight, done 2" \
    "status $status, $(in_flight 5) in flight, done $(count 5 "done")"
fio --name=held --filename=/dev/apusfault5 --rw=randread --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=8 --numjobs=2 --size=2m \
    --output=/tmp/held.text &
fio=$!
for _ in $(seq 100); do kill -0 $fio 2> /dev/null || break; tell release; sleep 0.2; done
ends_within 20 $fio
same "1024 requests, each of which waits for another, all end" \
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
    fails_with "status $place reaches user space" "$error" read_block 6 $place
    place=$((place + 1))
done
holds "and success is success" read_block 6 $place

# --- Removed while the driver holds requests ---
# The driver would end these requests in its deinit, but the removal waits for them before it ends
# the driver. After the request timeout it ends the driver first. The same holds for requests that
# the driver refused with stopped queues, or requeued without a kick.
for number in 4 5 7 8; do
    wanted=$(($(count $number offered) + 1))
    read_block $number 7 2> /tmp/taken.text &
    taken=$!
    is_offered() { [ "$(count "$number" offered)" = "$wanted" ]; }
    soon is_offered
    bash -c "echo $number > /sys/module/apus_faults/parameters/remove" &
    remover=$!
    ends_within 60 $remover &&
        same "disk $number goes away in bounded time although its driver holds a request back" \
        "status 0, 0 of it left" \
        "status $status, $(find /sys/block -name apusfault$number | wc -l) of it left"
    ends_within 20 $taken
    contains "and the request fails with EIO" "Input/output error" "$(cat /tmp/taken.text)"
done
contains "what it held until its own end lent no hardware queue then" \
    "disk 5 ended with a request that has no hardware queue any more" \
    "$(dmesg | grep 'disk 5 ended')"
contains "the log says why" "requests are still held back after the timeout" "$(dmesg)"
fails_with "a disk that is gone cannot be taken away again" "No such device" \
    bash -c 'echo 5 > /sys/module/apus_faults/parameters/remove'

# --- Submitted again by its completion handler ---
echo /dev/apusfault6 > /sys/module/apus_faults/parameters/resubmit
contains "a bio that its handler submits anew does not come back for ever" \
    "a bio ended 1 times, and was refused 1 times" "$(dmesg)"

tell disarm
same "the others carry out requests again" "6 blocks" \
    "$(for number in 0 1 2 3 6 9; do read_block $number && echo; done | wc -l) blocks"
unloads apus_faults apusfault
