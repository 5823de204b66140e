#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Each operation of blk-mq is called when it should be, and each request ends once, in whichever way
# it ends.
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
same "each hardware queue of both disks has its data" "8 made, 0 ended" \
    "$(count hardware_queue_made) made, $(count hardware_queue_ended) ended"
types() {
    for queue in 0 1 2 3; do
        cat /sys/kernel/debug/block/apusops0/hctx$queue/type
    done | tr '\n' ' '
}
same "two are by default, one is for reads, one for polling" "default default read poll " "$(types)"
same "the disk can be polled" 1 "$(cat /sys/block/apusops0/queue/io_poll)"
# Four queues with 256 requests each, and a flush request for each queue of both disks.
requests=$(($(count request_made) - $(count request_ended)))
same "each request has its data" 1032 "$requests"
scheduler apusops0 mq-deadline
between "a scheduler has requests of its own, with their data" 1033 100000 \
    $(($(count request_made) - $(count request_ended))) requests
scheduler apusops0 none
same "whose data ends with them" "$requests" $(($(count request_made) - $(count request_ended)))

# --- The ways in which a request can end ---
# NUMBER NAME EXPRESSION EXPECTED: 4096 requests of both kinds; every one is ended once, in the way
# that the expression counts.
way() {
    tell way "$1"
    mark_counts
    run_fio way --filename=/dev/apusops0 --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
        --iodepth=32 --numjobs=2 --size=8m --io_size=8m
    same "requests that are $2: all are ended, once" "status 0, 0 errors, 4096 ended, 0 in flight" \
        "status $fio_status, $fio_errors errors, $(since ended) ended, $(in_flight apusops0) in flight"
    if [ -n "$3" ]; then same "and by the operation that was to end them" "$4" "$(what_came $3)"; fi
    same "each budget that was taken was returned" "$(since budget_taken), 24 left" \
        "$(since budget_returned), $(cat $parameters/budget) left"
}
way 0 "ended in queue" "queue complete timer claimed" "queue=4096 complete=0 timer=0 claimed=0 "
way 1 "ended in complete" "queue complete" "queue=4096 complete=4096 "
way 2 "ended by their timers" "queue timer" "queue=4096 timer=4096 "
way 3 "claimed by their numbers" "queue claimed" "queue=4096 claimed=4096 "
way 4 "ended in parts" "queue partial" "queue=4096 partial=32768 "
way 5 "requeued three times" "queue requeued" "queue=16384 requeued=12288 "
way 6 "refused while their queue is stopped" "" ""
same "and offered again after that" "$(($(since ended) + $(since refused))) offered" \
    "$(since queue) offered"
between "some were refused" 100 4096 "$(since refused)"
way 10 "refused twice" "" ""
same "and offered again after that as well" "$(($(since ended) + $(since refused))) offered" \
    "$(since queue) offered"
between "there were not always budgets enough" 1 10000000 "$(count budget_missing)"
between "a driver that was promised another request is told when it does not come" 1 10000000 \
    "$(count commit)"
between "the last request of several says so" 1 10000000 "$(count last)"
tell way 0

# --- Polling ---
mark_counts
run_fio poll --filename=/dev/apusops0 --rw=randwrite --bs=4k --direct=1 --ioengine=io_uring \
    --hipri --iodepth=16 --size=8m
same "what is polled for is ended by polling" "status 0, 0 errors, 2048 polled, 2048 ended" \
    "status $fio_status, $fio_errors errors, $(since polled) polled, $(since ended) ended"

# --- Held: what debugfs shows, and what a stacked driver sees ---
tell way 9
dd if=/dev/apusops0 of=/dev/null bs=4096 count=1 skip=3 iflag=direct status=none &
held=$!
is_held() { [ "$(in_flight apusops0)" = 1 ]; }
soon is_held
contains "debugfs shows what the driver says of a request" "apus queue=2 tag=" \
    "$(cat /sys/kernel/debug/block/apusops0/hctx*/busy)"
contains "and of which it is" "sector=24" "$(cat /sys/kernel/debug/block/apusops0/hctx*/busy)"
tell way 0
tell release 1
if ends_within 20 $held; then
    same "a request that was held ends when it is let go" "status 0" "status $status"
else
    fail "a request that was held ends when it is let go" "it has no answer after 20 seconds"
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
    same "through multipath, all are ended, once" "status 0, 0 errors, 1024 ended" \
        "status $fio_status, $fio_errors errors, $(since ended) ended"
    between "multipath asks whether the device is busy" 1 10000000 "$(since busy)"
    between "a clone that the device refused is cleaned up" 1 10000000 "$(since clean_up)"
    dmsetup remove paths
else
    skip "dm-multipath over apusops0" "this kernel has no dm-multipath"
fi

# --- Batches ---
run_fio batch --filename=/dev/apusops1 --rw=randwrite --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=32 --iodepth_batch_submit=16 \
    --iodepth_batch_complete_min=16 --iodepth_batch_complete_max=16 --size=8m
same "requests that come in batches are all ended" "status 0, 0 errors, 0 in flight" \
    "status $fio_status, $fio_errors errors, $(in_flight apusops1) in flight"
between "batches came" 64 100000 "$(batch_count batch)"
same "what was ended is what was taken from batches and what came one by one" \
    "$(batch_count ended)" \
    $(($(batch_count batched) + $(batch_count queue)))
between "what was given back comes one by one, with what was left" "$(batch_count given_back)" \
    100000 "$(batch_count queue)"
between "something was given back" 64 100000 "$(batch_count given_back)"

# --- The number of queues changes under load ---
tell way 2
fio --name=load --filename=/dev/apusops2 --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=16 --time_based --runtime=600 \
    --output=/tmp/load.text > /dev/null 2>&1 &
load=$!
is_loaded() { [ "$(in_flight apusops2)" -gt 0 ]; }
soon is_loaded
for queues in 1 2 1 2; do tell queues $queues; done
same "the number of hardware queues changes under load" 4 "$(ls /sys/block/apusops0/mq | wc -l)"
tell queues 1
same "of both disks of the tag set" "3, 3" \
    "$(ls /sys/block/apusops0/mq | wc -l), $(ls /sys/block/apusops2/mq | wc -l)"
same "the queues that there are have their data" 6 \
    $(($(count hardware_queue_made) - $(count hardware_queue_ended)))
fails_with "no queue by default is refused" "Invalid argument" tell queues 0
fails_with "more queues than anybody can have are refused" "Invalid argument" tell queues 70000
kill -INT $load
wait $load 2> /dev/null
tell queues 2
same "every request was ended" "0 in flight" "$(in_flight apusops2) in flight"

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
same "schedulers come and go under load, and leave no request behind" "0 in flight, $requests" \
    "$(in_flight apusops0) in flight, $(($(count request_made) - $(count request_ended)))"

# --- One budget for all queues: a queue that finds none is run again ---
rmmod apus_operations
modprobe apus_operations budgets=1
plain
# WAY NAME: 2048 requests of both kinds, and once more until some had to wait: on a busy host the
# guest's CPUs take turns, so that all requests of a round may come one after the other.
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
    same "with one budget, requests that are $2 all come to their end" "status 0, 2048 ended" \
        "status $status, $ended ended"
    between "and some have to wait for it" 10 10000000 "$waited"
}
one_budget 2 "ended by their timers"
one_budget 3 "claimed by their numbers"
one_budget 5 "requeued three times"

# The kernel waits for the requests in the scheduler. They wait for the budget, and the run after
# its return must not wait for the change.
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
    same "the number of queues changes while requests wait for a budget" "4 hardware queues" \
        "$(ls /sys/block/apusops0/mq | wc -l) hardware queues"
else
    fail "the number of queues changes while requests wait for a budget" \
        "$(in_flight apusops0) in flight, $(since ended) ended"
fi
between "and some waited meanwhile" 10 10000000 "$(since budget_missing)"
kill -INT $load
wait $load 2> /dev/null

# --- Timeout and completion compete ---
rmmod apus_operations
modprobe apus_operations budgets=100000
plain
race() { # WAY NAME COUNTER: timeouts and completions of 2048 requests at once.
    tell way "$1"
    mark_counts
    run_fio race --filename=/dev/apusops0 --rw=randwrite --bs=4k --direct=1 --ioengine=io_uring \
        --iodepth=256 --numjobs=2 --size=4m \
        --io_size=4m --continue_on_error=all --ignore_error=110,110
    tell way 0
    same "$2 and timeout: each of 2048 requests is ended by one of them" "2048 ended, 0 in flight" \
        "$(since ended) ended, $(($(in_flight apusops0) + $(in_flight apusops2))) in flight"
    same "those of the timeout are the errors that user space sees" \
        "$(since timeout_ended) errors, 2048 in all" \
        "$fio_errors errors, $(($(since timeout_ended) + $(since "$3"))) in all"
    between "both had their share: the timeout" 1 2047 "$(since timeout_ended)"
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
    contains "a request that would wait an hour ends with its disk" "error" \
        "$(cat /tmp/removed.text)"
else
    fail "a request that would wait an hour ends with its disk" "it has no answer after 20 seconds"
fi
unloads apus_operations apusops

# --- Data whose creation fails ---
# The block layer turns each error into ENOMEM.
fails_with "a tag set whose request's data cannot be made is an error" "Cannot allocate memory" \
    modprobe apus_operations fail_request=700
same "and leaves nothing" nothing "$(leftovers apus_operations apusops)"
fails_with "a disk whose hardware queue's data cannot be made is an error" \
    "Cannot allocate memory" modprobe apus_operations fail_queue=3
same "and leaves nothing as well" nothing "$(leftovers apus_operations apusops)"
fails_with "also the second disk's" "Cannot allocate memory" modprobe apus_operations fail_queue=7
same "which takes the first one with it" nothing "$(leftovers apus_operations apusops)"
