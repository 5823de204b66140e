#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A disk is removed in bounded time, wherever its driver keeps a request. The value that keeps the
# request ends exactly once.
# apus: memory=1024 cpus=2 timeout=300
# differs: which readers a change of the hardware queues, and the end of a disk, wait for
. ./lib.sh

parameters=/sys/module/apus_faults/parameters
tell() { echo "${2:-1}" > "$parameters/$1"; }
rooms() { cat $parameters/rooms; }
# balance: the number of rooms that exist. A room is a value that can keep a request.
balance() { rooms | awk '{ print $1 - $2 " left" }'; }
in_flight() { awk '{ print $1 + $2 }' /sys/block/apushold0/inflight; }
has_in_flight() { [ "$(in_flight)" = "$1" ]; }
read_block() {
    timeout 60 dd if=/dev/apushold0 of=/dev/null bs=4096 skip="$1" count=1 iflag=direct status=none
}
# Reads a block in the background. The driver keeps the request.
keep_block() { read_block "$1" 2> "/tmp/kept.$1" & kept+=($!); }
kept_fail() {
    local process block=0
    for process in "${kept[@]}"; do
        ends_within 30 "$process"
        contains "$1" "Input/output error" "$(cat /tmp/kept.$block)"
        block=$((block + 1))
    done
}
end_disk() {
    bash -c "echo 1 > $parameters/hold_end" &
    ends_within 40 $! && same "$1: the disk is removed within 40 seconds" "status 0, 0 of it left" \
        "status $status, $(find /sys/block -name apushold0 | wc -l) of it left"
}

modprobe apus_faults
# --- A budget token is returned when a request ends, while the driver ends ---
tell budget 1
timeout 60 dd if=/dev/apusbudget0 of=/dev/null bs=4096 count=1 iflag=direct status=none &
reader=$!
budget_in_flight() { [ "$(awk '{ print $1 + $2 }' /sys/block/apusbudget0/inflight)" = 1 ]; }
soon budget_in_flight
bash -c "echo 0 > $parameters/budget" &
ends_within 40 $! &&
    same "a driver that is removed ends after its budget token was returned" \
        "status 0, 1 returned, 0 late" \
    "status $status, $(cat $parameters/budgets)"
ends_within 10 $reader && same "the request in flight succeeds during the removal" \
    "status 0" "status $status"

# --- The number of hardware queues changes while a call borrows one that is removed ---
tell hold 17
same "the disk has two hardware queues" 2 "$(entries /sys/block/apushold0/mq)"
tell hold_now
read_block 0 &
reader=$!
sleep 0.5
bash -c "echo 1 > $parameters/hold_change" &
ends_within 30 $! &&
    same "the number of hardware queues changes to 1" "status 0, 1 hardware queue" \
    "status $status, $(entries /sys/block/apushold0/mq) hardware queue"
ends_within 30 $reader
same "the data of the removed queue ends after the call that borrows it" "0 early" \
    "$(rooms | awk '{ print $3 }') early"
tell hold_forget

# --- The number of hardware queues changes while disks of the tag set are made and ended ---
tell race 60
read -r changes refusals within_refused within_changed data_ended < $parameters/races
between "the number of hardware queues changes while 60 disks are made and ended" \
    10 1000000000 "$changes"
same "no change of the number times out" 0 "$refusals"
same "a change of the number while a disk ends fails with EBUSY" \
    "1 0" "$within_refused $within_changed"
between "the data of requests of the ended disks ends" 8 1000000000 "$data_ended"

# --- The number changes, and the driver cannot make the data of a queue or a request ---
# works: whether reads and flushes of both disks end well.
works() {
    local disk
    for disk in apusfail0 apusfail1; do
        timeout 60 dd if=/dev/$disk of=/dev/null bs=4096 count=4 iflag=direct status=none &&
            timeout 60 dd if=/dev/zero of=/dev/$disk bs=4096 count=1 conv=fsync status=none ||
            return
    done
}
queues() { echo "$(entries /sys/block/apusfail0/mq) $(entries /sys/block/apusfail1/mq)"; }
for case in "queue +" "queue -" "request +" "request -" "request - none"; do
    read -r kind sign scheduler <<< "$case"
    tell fail
    [ -z "$scheduler" ] ||
        echo "$scheduler" | tee /sys/block/apusfail{0,1}/queue/scheduler > /dev/null
    number=0 refused=0 changed=0 broken=0
    while
        number=$((number + 1))
        works || broken=$((broken + 1))
        tell fail_$kind $sign$number
        if tell fail_change 2 2> /tmp/change; then
            changed=$((changed + 1)) want="2 2"
        else
            refused=$((refused + 1)) want="1 1"
        fi
        read -r pending left < $parameters/failures
        tell fail_$kind 0
        works && [ "$(queues)" = "$want" ] || broken=$((broken + 1))
        tell fail_change 1
        [ "$pending" = 0 ]
    do :; done
    works || broken=$((broken + 1))
    echo "$case: calls 1 to $number failed: refused $refused times, changed $changed times"
    between "for each data of a $kind that cannot be made, a change succeeds or fails ($case)" \
        3 200 "$number"
    between "a change that needs the data fails" 2 200 "$refused"
    same "before and after each change, both disks work, with the expected queues" \
        "0 broken, /sys/block has 1 1" "$broken broken, /sys/block has $(queues)"
    tell fail 0
    same "after the disks ended, no data is left" 0 "$(awk '{ print $2 }' $parameters/failures)"
done

# --- Disks that are removed while a value of the driver keeps a request ---
before=$(balance)

# place NUMBER NAME SCHEDULER: makes a disk whose driver keeps a request in the given place, and
# removes the disk.
place() {
    local number=$(($1 % 10))
    kept=()
    tell hold "$1"
    echo "$3" > /sys/block/apushold0/queue/scheduler
    [ "$3" = none ] ||
        contains "the disk has an I/O scheduler, with requests of its own" "[$3]" \
        "$(cat /sys/block/apushold0/queue/scheduler)"
    tell hold_now
    keep_block 0
    soon has_in_flight 1
    case $number in
    0)
        keep_block 1
        soon has_in_flight 2
        holds "a request whose data keeps another request completes" read_block 2
        ;;
    1) python3 -c 'import os; os.fsync(os.open("/dev/apushold0", os.O_RDWR))' ;;
    esac
    end_disk "request kept in $2"
}

for scheduler in none mq-deadline; do
    place 0 "another request's data ($scheduler)" $scheduler
    kept_fail "after the removal, the kept request fails with EIO"
    tell hold_forget
    same "each value that can keep a request ends once" "$before" "$(balance)"
    place 1 "the data of a flush ($scheduler)" $scheduler
    kept_fail "after the removal, the kept request fails with EIO"
    tell hold_forget
    same "each value that can keep a request ends once" "$before" "$(balance)"
done
number=2
for where in "a hardware queue's data" "the tag set's data"; do
    place $number "$where" none
    kept_fail "after the removal, the kept request fails with EIO"
    tell hold_forget
    same "each value that can keep a request ends once" "$before" "$(balance)"
    number=$((number + 1))
done

# The request is in the disk's data, and a process has the disk open.
exec 5< /dev/null
tell hold 4
exec 5< /dev/apushold0
kept=()
tell hold_now
keep_block 0
soon has_in_flight 1
end_disk "request kept in the disk's data"
kept_fail "after the removal, the kept request fails with EIO"
exec 5<&-
tell hold_forget
same "each value that can keep a request ends once" "$before" "$(balance)"

# --- A tag set that outlives its disk, and is used for another disk ---
place 10 "another request's data, with a tag set that stays" none
kept_fail "after the removal, the kept request fails with EIO"
between "after the removal, the requests of the tag set still have data" \
    16 100 "$(rooms | awk '{ print $1 - $2 }')" rooms
tell hold_again
holds "a second disk of the tag set completes a read" read_block 0
tell hold_now
kept=()
keep_block 0
soon has_in_flight 1
keep_block 1
soon has_in_flight 2
holds "a request of the second disk, whose data keeps another one, completes" read_block 2
end_disk "request of the second disk kept in another request's data"
kept_fail "after the removal, the kept request fails with EIO"
tell hold_forget
same "each value that can keep a request ends once" "$before" "$(balance)"

# --- A tag set whose hardware queues share their requests ---
place 20 "another request's data, with tags shared by the hardware queues" none
kept_fail "after the removal, the kept request fails with EIO"
tell hold_forget
same "each value that can keep a request ends once" "$before" "$(balance)"

# --- A request that is kept outside of the driver: the log names it ---
mark_log
place 5 "a value of the module" none
ends_within 30 "${kept[0]}"
same "a request that a value of the module keeps succeeds when it is ended" \
    "status 0" "status $status"
contains "the log names the hardware queue and the tag of the kept request" \
    "apushold0: its end waits for a request that is kept elsewhere: hardware queue 0, tag " \
    "$(new_log)"
contains "the log gives the operation, the sector and the age of the kept request" \
    "READ, sector 0, 4096 bytes, started, for " "$(new_log)"
tell hold_forget
same "each value that can keep a request ends once" "$before" "$(balance)"

# --- debugfs holds the lock of the requeue list, so it must not call a driver that requeues ---
mount -t debugfs none /sys/kernel/debug 2> /dev/null
tell hold 6
echo none > /sys/block/apushold0/queue/scheduler
tell hold_now
kept=()
keep_block 0
soon has_in_flight 1
keep_block 1
requeued() { [ "$(grep -c . /sys/kernel/debug/block/apushold0/requeue_list)" = 1 ]; }
soon requeued
same "debugfs shows a requeued request without a call of the driver" "1 request, 0 by the driver" \
    "$(wc -l < /sys/kernel/debug/block/apushold0/requeue_list) request, $(grep -c shown /sys/kernel/debug/block/apushold0/requeue_list) by the driver"
contains "debugfs calls the driver for a request in flight, and the driver can requeue" "shown" \
    "$(cat /sys/kernel/debug/block/apushold0/hctx0/busy)"
for process in "${kept[@]}"; do
    ends_within 30 "$process"
    same "a requeued request is dispatched again and succeeds" "status 0" "status $status"
done
tell hold_forget

unloads apus_faults apusfault
