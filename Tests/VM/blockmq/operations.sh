#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Each operation of blk-mq is called in its situation, and each request ends once, in each of the
# ways in which a request can end.
# apus: memory=1024 cpus=2 timeout=300
# differs: the table of blk-mq's operations, and who calls it
. ./lib.sh

mount -t debugfs none /sys/kernel/debug 2> /dev/null
parameters=/sys/module/apus_operations/parameters
tell() { echo "$2" > "$parameters/$1"; }
count() { awk -v name="$1" '$1 == name { print $2 }' "$parameters/counts"; }
batch_count() { awk -v name="$1" '$1 == name { print $2 }' "$parameters/batch_counts"; }
in_flight() { awk '{ print $1 + $2 }' "/sys/block/$1/inflight"; }
scheduler() { echo "$2" > "/sys/block/$1/queue/scheduler"; }
# No scheduler and no merges, so that each request can be counted.
plain() {
    for disk in apusops0 apusops1 apusops2; do
        echo none > /sys/block/$disk/queue/scheduler
        echo 2 > /sys/block/$disk/queue/nomerges
    done
}
# what_came NAME…: how much each count has grown since mark_counts, as "name=N …".
declare -A mark
mark_counts() { while read -r name value; do mark[$name]=$value; done < "$parameters/counts"; }
since() { echo $(($(count "$1") - ${mark[$1]})); }
what_came() { for name in "$@"; do printf '%s=%s ' "$name" "$(since "$name")"; done; }

modprobe apus_operations budgets=24
plain

# --- Queues and their data ---
same "each hardware queue of both disks has data of the driver" "8 made, 0 ended" \
    "$(count hardware_queue_made) made, $(count hardware_queue_ended) ended"
types() {
    for queue in 0 1 2 3; do
        cat /sys/kernel/debug/block/apusops0/hctx$queue/type
    done | tr '\n' ' '
}
same "two hardware queues are of type default, one read, one poll" \
    "default default read poll " "$(types)"
same "the disk supports polling" 1 "$(cat /sys/block/apusops0/queue/io_poll)"
# Four queues with 256 requests each, and a flush request for each queue of both disks.
requests=$(($(count request_made) - $(count request_ended)))
same "each request has data of the driver" 1032 "$requests"
scheduler apusops0 mq-deadline
between "with a scheduler, there are more requests with data of the driver" 1033 100000 \
    $(($(count request_made) - $(count request_ended))) requests
scheduler apusops0 none
same "without the scheduler, the data of its requests has ended" \
    "$requests" $(($(count request_made) - $(count request_ended)))

# --- The ways in which a request can end ---
# way NUMBER NAME COUNTERS EXPECTED: 4096 reads and writes. Each ends once, in the given way. The
# counters have the expected values.
way() {
    tell way "$1"
    mark_counts
    run_fio way --filename=/dev/apusops0 --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
        --iodepth=32 --numjobs=2 --size=8m --io_size=8m
    same "each of 4096 requests that are $2 ends once" \
        "status 0, 0 errors, 4096 ended, 0 in flight" \
        "status $fio_status, $fio_errors errors, $(since ended) ended, $(in_flight apusops0) in flight"
    if [ -n "$3" ]; then same "the expected operation ends the requests" "$4" "$(what_came $3)"; fi
    same "each budget token that was taken is returned" "$(since budget_taken), 24 left" \
        "$(since budget_returned), $(cat $parameters/budget) left"
}
way 0 "ended in queue" "queue complete timer claimed" "queue=4096 complete=0 timer=0 claimed=0 "
way 1 "ended in complete" "queue complete" "queue=4096 complete=4096 "
way 2 "ended by their timers" "queue timer" "queue=4096 timer=4096 "
way 3 "claimed by their numbers" "queue claimed" "queue=4096 claimed=4096 "
way 4 "ended in parts" "queue partial" "queue=4096 partial=32768 "
way 5 "requeued three times" "queue requeued" "queue=16384 requeued=12288 "
way 6 "refused while their queue is stopped" "" ""
same "requests that were refused are dispatched again and end" \
    "$(($(since ended) + $(since refused))) offered" "$(since queue) offered"
between "the driver refuses some requests" 100 4096 "$(since refused)"
way 10 "refused twice" "" ""
same "requests that were refused twice are dispatched again and end" \
    "$(($(since ended) + $(since refused))) offered" "$(since queue) offered"
between "some requests find no budget token" 1 10000000 "$(count budget_missing)"
between "commit is called if the next request of a batch does not come" 1 10000000 "$(count commit)"
between "the last request of a batch is marked as the last" 1 10000000 "$(count last)"
tell way 0

# --- Polling ---
mark_counts
run_fio poll --filename=/dev/apusops0 --rw=randwrite --bs=4k --direct=1 --ioengine=io_uring \
    --hipri --iodepth=16 --size=8m
same "requests of a polling queue are ended by poll" "status 0, 0 errors, 2048 polled, 2048 ended" \
    "status $fio_status, $fio_errors errors, $(since polled) polled, $(since ended) ended"

# --- Held: what debugfs shows, and what a stacked driver sees ---
tell way 9
dd if=/dev/apusops0 of=/dev/null bs=4096 count=1 skip=3 iflag=direct status=none &
held=$!
is_held() { [ "$(in_flight apusops0)" = 1 ]; }
soon is_held
contains "debugfs shows the driver's text for a request" "apus queue=2 tag=" \
    "$(cat /sys/kernel/debug/block/apusops0/hctx*/busy)"
contains "debugfs shows the driver's text with the sector of the request" \
    "sector=24" "$(cat /sys/kernel/debug/block/apusops0/hctx*/busy)"
tell way 0
tell release 1
if ends_within 20 $held; then
    same "a held request succeeds when the driver releases it" "status 0" "status $status"
else
    fail "a held request succeeds when the driver releases it" "it has no answer after 20 seconds"
fi

# --- Under dm-multipath ---
if modprobe dm-multipath 2> /dev/null && modprobe dm-round-robin 2> /dev/null; then
    mark_counts
    number=$(cat /sys/block/apusops0/dev)
    dmsetup create paths --table "0 131072 multipath 0 0 1 1 round-robin 0 1 1 $number 1"
    echo 2 > "/sys/block/$(dmsetup info -c --noheadings -o blkdevname paths)/queue/nomerges"
    tell way 10
    run_fio paths --filename=/dev/mapper/paths --rw=randwrite --bs=4k --direct=1 \
        --ioengine=io_uring --iodepth=32 --size=4m
    tell way 0
    same "each of 1024 requests through dm-multipath ends once" "status 0, 0 errors, 1024 ended" \
        "status $fio_status, $fio_errors errors, $(since ended) ended"
    between "dm-multipath calls isBusy" 1 10000000 "$(since busy)"
    between "cleanUp is called for a clone that the driver refused" 1 10000000 "$(since clean_up)"
    dmsetup remove paths
else
    skip "dm-multipath over apusops0" "this kernel has no dm-multipath"
fi

# --- Batches ---
run_fio batch --filename=/dev/apusops1 --rw=randwrite --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=32 --iodepth_batch_submit=16 \
    --iodepth_batch_complete_min=16 --iodepth_batch_complete_max=16 --size=8m
same "all requests that come in batches end" "status 0, 0 errors, 0 in flight" \
    "status $fio_status, $fio_errors errors, $(in_flight apusops1) in flight"
between "queueBatch is called with batches" 64 100000 "$(batch_count batch)"
same "the ended requests are those taken from batches and those queued one by one" \
    "$(batch_count ended)" \
    $(($(batch_count batched) + $(batch_count queue)))
between "requests that are given back from a batch are queued one by one" \
    "$(batch_count given_back)" 100000 "$(batch_count queue)"
between "the driver gives back some requests of batches" 64 100000 "$(batch_count given_back)"

# --- The number of queues changes under load ---
tell way 2
fio --name=load --filename=/dev/apusops2 --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=16 --time_based --runtime=600 \
    --output=/tmp/load.text > /dev/null 2>&1 &
load=$!
is_loaded() { [ "$(in_flight apusops2)" -gt 0 ]; }
soon is_loaded
for queues in 1 2 1 2; do tell queues $queues; done
same "the number of hardware queues changes to 4 under load" \
    4 "$(ls /sys/block/apusops0/mq | wc -l)"
tell queues 1
same "a change of the number of hardware queues applies to both disks of the tag set" "3, 3" \
    "$(ls /sys/block/apusops0/mq | wc -l), $(ls /sys/block/apusops2/mq | wc -l)"
same "after the change, each remaining hardware queue has data of the driver" 6 \
    $(($(count hardware_queue_made) - $(count hardware_queue_ended)))
fails_with "a change to 0 default queues is refused with EINVAL" "Invalid argument" tell queues 0
fails_with "a change to 70000 queues is refused with EINVAL" "Invalid argument" tell queues 70000
kill -INT $load
wait $load 2> /dev/null
tell queues 2
same "after the load, no request is in flight" "0 in flight" "$(in_flight apusops2) in flight"

# --- A scheduler is switched under load ---
fio --name=load --filename=/dev/apusops0 --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=16 --time_based --runtime=600 \
    --output=/tmp/load.text > /dev/null 2>&1 &
load=$!
is_loaded0() { [ "$(in_flight apusops0)" -gt 0 ]; }
soon is_loaded0
for _ in 1 2 3; do for name in mq-deadline none; do scheduler apusops0 $name; done; done
kill -INT $load
wait $load 2> /dev/null
same "after changes of the scheduler under load, no request of a scheduler remains" \
    "0 in flight, $requests" \
    "$(in_flight apusops0) in flight, $(($(count request_made) - $(count request_ended)))"

# --- One budget token for all queues: a queue that finds no token is run again ---
rmmod apus_operations
modprobe apus_operations budgets=1
plain
# one_budget WAY NAME: 2048 reads and writes, repeated until some requests had to wait. On a busy
# host the guest's CPUs take turns, so the requests of a round may arrive one after the other.
one_budget() {
    local waited=0 rounds=0 ended=2048
    tell way "$1"
    while [ $waited -lt 10 ] && [ $rounds -lt 20 ] && [ "$ended" = 2048 ]; do
        mark_counts
        fio --name=one --filename=/dev/apusops0 --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
            --iodepth=32 --numjobs=2 --size=4m --io_size=4m \
            > /tmp/one.text 2>&1 &
        ends_within 60 $! || status="none, and nothing goes on"
        ended=$(since ended) waited=$((waited + $(since budget_missing))) rounds=$((rounds + 1))
        [ "$status" = 0 ] || break
    done
    same "with one budget token, all 2048 requests that are $2 end" "status 0, 2048 ended" \
        "status $status, $ended ended"
    between "some requests wait for the budget token" 10 10000000 "$waited"
}
one_budget 2 "ended by their timers"
one_budget 3 "claimed by their numbers"
one_budget 5 "requeued three times"

# A change of the number of queues waits for the requests in the scheduler, and these wait for the
# budget token. When the token is returned, the queues must run without waiting for the change.
tell way 2
scheduler apusops0 mq-deadline
fio --name=load --filename=/dev/apusops0 --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=8 --numjobs=2 --time_based \
    --runtime=600 --output=/tmp/load.text > /dev/null 2>&1 &
load=$!
soon is_loaded0
mark_counts
for queues in 1 2 1 2 1 2 1 2 1 2; do tell queues $queues; done &
if ends_within 60 $!; then
    same "the number of hardware queues changes while requests wait for a budget token" \
        "4 hardware queues" "$(ls /sys/block/apusops0/mq | wc -l) hardware queues"
else
    fail "the number of hardware queues changes while requests wait for a budget token" \
        "$(in_flight apusops0) in flight, $(since ended) ended"
fi
between "during the change, some requests wait for a budget token" \
    10 10000000 "$(since budget_missing)"
kill -INT $load
wait $load 2> /dev/null

# --- Timeout and completion compete ---
rmmod apus_operations
modprobe apus_operations budgets=100000
plain
race() { # WAY NAME COUNTER: concurrent timeouts and completions of 2048 requests.
    tell way "$1"
    mark_counts
    run_fio race --filename=/dev/apusops0 --rw=randwrite --bs=4k --direct=1 --ioengine=io_uring \
        --iodepth=256 --numjobs=2 --size=4m \
        --io_size=4m --continue_on_error=all --ignore_error=110,110
    tell way 0
    same "$2 and timeout compete: each of 2048 requests ends once" "2048 ended, 0 in flight" \
        "$(since ended) ended, $(($(in_flight apusops0) + $(in_flight apusops2))) in flight"
    same "user space gets an error for each request that timeout ended, and no other" \
        "$(since timeout_ended) errors, 2048 in all" \
        "$fio_errors errors, $(($(since timeout_ended) + $(since "$3"))) in all"
    between "timeout ends some of the requests, but not all" 1 2047 "$(since timeout_ended)"
}
race 7 "a timer" timer
race 8 "a claim by number" claimed

# --- Removal, with requests in timers that expire in an hour ---
tell way 7
dd if=/dev/zero of=/dev/apusops0 bs=4096 count=1 oflag=direct status=none 2> /tmp/removed.text &
writer=$!
soon is_held
tell way 10
tell remove 1
if ends_within 20 $writer; then
    contains "a request with a timer of an hour fails when its disk is removed" "error" \
        "$(cat /tmp/removed.text)"
else
    fail "a request with a timer of an hour fails when its disk is removed" \
        "it has no answer after 20 seconds"
fi
unloads apus_operations apusops

# --- Data whose creation fails ---
# The block layer turns each error into ENOMEM.
fails_with "modprobe fails with ENOMEM if the data of a request cannot be made" \
    "Cannot allocate memory" modprobe apus_operations fail_request=700
same "after the failed request data, nothing of the module remains" \
    nothing "$(leftovers apus_operations apusops)"
fails_with "modprobe fails with ENOMEM if the data of a hardware queue cannot be made" \
    "Cannot allocate memory" modprobe apus_operations fail_queue=3
same "after the failed queue data, nothing of the module remains" \
    nothing "$(leftovers apus_operations apusops)"
fails_with "modprobe fails with ENOMEM if the queue data of the second disk cannot be made" \
    "Cannot allocate memory" modprobe apus_operations fail_queue=7
same "after the failed queue data of the second disk, nothing of the module remains" \
    nothing "$(leftovers apus_operations apusops)"
