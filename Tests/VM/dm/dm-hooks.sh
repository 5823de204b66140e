#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Device mapper: every hook, with targets that count the calls: bios that are dropped, taken back or
# divided, requests, suspension, messages.
# apus: memory=1024 cpus=2 timeout=400 files=dm-lib.sh,hooks.pl
# differs: which features of a target device mapper checks
. ./lib.sh
# shellcheck source=dm-lib.sh
. ./dm-lib.sh

case $(uname -r) in 6.1.*) is_old=1 ;; *) is_old= ;; esac
modprobe null_blk nr_devices=1 gb=1 memory_backed=1
lower=/dev/nullb0
number=$(cat /sys/block/nullb0/dev)
modprobe apus_dm_hooks
# Reads 16 KiB of the mapped device, and prints the error.
read_some() {
    dd if=/dev/mapper/ours of=/tmp/read bs=16k count=1 iflag=direct status=none 2>&1 | head -n 1
}
say() { dmsetup message ours 0 "$@" 2>&1; }
# count NAME: a count from the target's status.
count() {
    dmsetup status "$@" ours | sed 's/^.*apus-[a-z]* //' |
        awk -v name="$1" '$1 == name { print $2 }'
}
counted() {
    dmsetup status ours | sed 's/^.*apus-[a-z]* //' | awk -v name="$1" '$1 == name { print $2 }'
}

fails_with "a type that is registered is not registered once more" "Device or resource busy" \
    bash -c 'echo 0 > /sys/module/apus_dm_hooks/parameters/register'
# unsound NUMBER NAME WHY: a type whose features and hooks do not fit together is not registered.
unsound() {
    mark_log
    fails_with "$2 is not registered" "Invalid argument" \
        bash -c "echo $1 > /sys/module/apus_dm_hooks/parameters/register"
    contains "and the log says why" "$2: $3" "$(new_log)"
}
unsound 1 apus-wildcard "a wildcard target needs visitDevices"
unsound 2 apus-unreported "a target for zoned devices needs reportZones"
unsound 3 apus-zoned-reqs "a target that maps requests cannot be for zoned devices"
unsound 4 apus-changing "the features are not those of the first registration"
mark_log
fails_with "a table of a target of requests without a device is refused" "Invalid argument" \
    dmsetup create bare --table "0 8 apus-bare"
contains "and the log says why" "A target of requests needs a device" "$(new_log)"
dmsetup create bare --table "0 8 error"
fails_with "also in place of a table of bios" "Invalid argument" dmsetup load bare \
    --table "0 8 apus-bare"
dmsetup remove bare
dmsetup create ours --table "0 65536 apus-hooks $lower"
contains "the version is what the source says" "v9.8.7" "$(dmsetup targets | grep '^apus-hooks')"
same "the target knows its place" "0 65536 1" \
    "$(counted begin) $(counted length) $(counted writable)"

# --- Limits ---
queue=$(sysfs ours)/queue
same "limits are what io_hints set" "4096 8192 8192 65536 128" \
    "$(cat "$queue/logical_block_size" "$queue/physical_block_size" "$queue/minimum_io_size" "$queue/optimal_io_size" "$queue/max_hw_sectors_kb" | tr '\n' ' ' | sed 's/ $//')"

# --- Bios, and the end of their data ---
# All bios have ended, and the data of each has ended once.
settled() { [ "$(counted mapped)" = "$(counted data_ended)" ]; }
dd if=/dev/urandom of=$lower bs=64k count=1 oflag=direct status=none
same "a bio goes to the device" "" "$(read_some)"
same "with its data" "$(head -c 16384 /tmp/read | digest)" \
    "$(dd if=$lower bs=16k count=1 iflag=direct status=none | digest)"
holds "and its data has ended" soon settled
say map 1
contains "a bio that map drops fails at once" "Input/output error" "$(read_some)"
holds "and its data has ended" soon settled
before=$(counted ended)
say map 2
contains "a bio that is killed fails" "Input/output error" "$(read_some)"
same "and ended does not see it" "$before" "$(counted ended)"
holds "and its data has ended" soon settled
say map 5
contains "a bio that is pushed back while the device runs fails" "Input/output error" "$(read_some)"
holds "and its data has ended" soon settled
say map 4
same "a bio can end in map" "" "$(read_some)"
holds "and its data has ended" soon settled
say map 6
same "more or less than there is cannot be accepted" "" "$(read_some)"
say map 0
say end 1
contains "ended makes a failure of a success, of the kind that it says" "No space left" \
    "$(read_some)"
dmsetup create bad --table "0 65536 apus-error"
dmsetup suspend ours
dmsetup load ours --table "0 65536 apus-hooks /dev/mapper/bad"
dmsetup resume ours
contains "a lower device that fails is seen to" "Input/output error" "$(read_some)"
say end 2
same "ended makes a success of a failure" "" "$(read_some)"
holds "and its data has ended" soon settled
say end 0
say end 3
before=$(counted ended)
contains "a bio that is tried again fails in the end" "Input/output error" "$(read_some)"
same "after three tries" 3 $(($(counted ended) - before))
holds "and its data has ended" soon settled
say end 4
before=$(counted ended)
contains "a bio that is taken back and dropped fails" "Input/output error" "$(read_some)"
same "and ended has seen it once" 1 $(($(counted ended) - before))
holds "and its data has ended" soon settled
say end 5
before=$(counted ended)
contains "a bio that ended submits itself, there and then, comes back" "Input/output error" \
    "$(read_some)"
same "after three tries" 3 $(($(counted ended) - before))
holds "and its data has ended" soon settled
dmsetup suspend ours
dmsetup load ours --table "0 65536 apus-hooks $lower"
dmsetup resume ours
gone bad
run_fio verified --filename=/dev/mapper/ours --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=32 --numjobs=2 --size=4m --offset_increment=8m --verify=crc32c
same "bios on two CPUs at once read back as they were" "0 0" "$fio_status $fio_error"
holds "and the data of all of them has ended" soon settled

# --- Lower devices that divide bios, or have large blocks or integrity data ---
# The target does not support zones. dm-again.sh tests them.
use() {
    dmsetup suspend ours
    dmsetup load ours --table "0 $1 apus-hooks $2"
    dmsetup resume ours
}
for kind in $odd_kinds; do
    if ! beneath "$kind"; then
        skip "bios are sent again over $kind" "this kernel has none"
        continue
    fi
    use 16384 "$one"
    for mode in 3 5; do
        say end $mode
        mapped=$(counted mapped) ended=$(counted ended)
        reads_back "over $kind, with end $mode, bios read back as they were"
        same "as do those whose memory has gaps" "8 8 True" "$(gaps ours)"
        holds "and their data has ended" soon settled
        mapped=$(($(counted mapped) - mapped)) ended=$(($(counted ended) - ended))
        same "after three tries each" $((3 * mapped)) $ended
    done
    use 65536 $lower
    unbeneath "$kind"
done

# --- Bios that are polled ---
# The task that reads polls for its bio, as long as the target has not taken it back. io_uring
# submits a polled bio with REQ_NOWAIT, which 6.1 refuses for a target that does not have the
# feature.
if [ -z "$is_old" ]; then
    lower nullpolled poll_queues=1 memory_backed=0 irqmode=1
    use 16384 /dev/nullpolled
    same "the mapped device polls, as the device below does" 1 \
        "$(cat "$(sysfs ours)/queue/io_poll")"
    for mode in 0 3 5; do
        say end $mode
        mapped=$(counted mapped) ended=$(counted ended)
        fio --name=polled --filename=/dev/mapper/ours --rw=randread --bs=4k --direct=1 \
            --ioengine=io_uring --hipri=1 --iodepth=4 \
            --size=256k --readonly > /tmp/fio.text 2>&1 &
        ends_within 60 $! &&
            same "bios that are polled end, with end $mode" "status 0" "status $status"
        holds "and their data has ended" soon settled
        tries=3
        [ $mode != 0 ] || tries=1
        same "after $tries tries each" $((tries * ($(counted mapped) - mapped))) \
            $(($(counted ended) - ended))
    done
    use 65536 $lower
    unlower nullpolled
else
    skip "bios that are polled end" "on this kernel, the target cannot be polled"
fi

# --- Suspension ---
# The counts begin when the table is loaded. Loading it has resumed the target once.
same "a table that was loaded is resumed" "0 0 0 1 1" \
    "$(counted presuspend) $(counted presuspend_undo) $(counted postsuspend) $(counted preresume) $(counted resume)"
dmsetup suspend ours
same "a suspension calls presuspend and postsuspend" "1 1" \
    "$(counted presuspend) $(counted postsuspend)"
same "and the target knows it" 1 "$(counted suspended)"
say refuse
fails_with "preresume can refuse, with its error" "No space left" dmsetup resume ours
same "and resume is not called then" "2 1" "$(counted preresume) $(counted resume)"
say accept
holds "when it does not, the device is resumed" dmsetup resume ours
same "and resume is called" "3 2 0" "$(counted preresume) $(counted resume) $(counted suspended)"
same "a status is asked for with a flush by default" 0 "$(counted noflush)"
same "and without, if so" 1 "$(dmsetup status --noflush ours | awk '$1 == "noflush" { print $2 }')"
# A suspension that waits for a bio and is interrupted is undone.
dmsetup create kept --table "0 65536 apus-delay $lower 0 3600000"
dmsetup suspend ours && dmsetup load ours --table "0 65536 apus-hooks /dev/mapper/kept" &&
    dmsetup resume ours
dd if=/dev/mapper/ours of=/dev/null bs=4k count=1 iflag=direct status=none &
reader=$!
waits() { case $(dmsetup status kept) in *" 1 0 0") ;; *) return 1 ;; esac }
soon waits
timeout 3 dmsetup suspend --nolockfs ours
same "a suspension that is interrupted is undone" "1 1 0" \
    "$(counted presuspend) $(counted presuspend_undo) $(counted postsuspend)"
dmsetup suspend kept
dmsetup resume kept
wait $reader
dmsetup suspend ours && dmsetup load ours --table "0 65536 apus-hooks $lower" && dmsetup resume ours
gone kept

# --- Messages ---
same "a message's words arrive, in their order" "<one><two><three>" "$(say one two three)"
same "the reply to a message does not change the message's words" "abcdefghabcdefghabcdefgh" \
    "$(say thrice abcdefgh)"
same "a message without an answer has none" "" "$(say map 0)"
fails_with "a message's error reaches its sender" "Value too large" say fail
for length in 1 100 4000 20000 100000; do
    same "an answer of $length bytes is whole" "$length" "$(say long $length | tr -d '\n' | wc -c)"
done
event=$(dmsetup info -c --noheadings -o events ours)
say event
same "a message can be an event" $((event + 1)) "$(dmsetup info -c --noheadings -o events ours)"

gone ours

# --- Requests ---
# A memory-backed null_blk may sleep. Device mapper calls the lower driver in a context that must
# not sleep.
fails_with "a driver that may sleep takes no requests of a mapped device" "Invalid argument" \
    dmsetup create ours --table "0 65536 apus-requests $lower"
contains "and the log says why" \
    "apus-requests: the driver of nullb0 takes bios only, or may sleep" "$(dmesg | tail -n 5)"
dmsetup remove ours 2> /dev/null
modprobe loop
mkdir /tmp/small
mount -t tmpfs -o size=24m none /tmp/small
truncate -s 64M /tmp/small/file
same "$number is held by nobody after that" 0 "$(opened $lower)"
lower=$(losetup --find --show /tmp/small/file)
number=$(cat "/sys/block/${lower#/dev/}/dev")
dmsetup create ours --table "0 65536 apus-requests $lower"
same "a target of requests has a queue of requests" "request" \
    "$([ -d "$(sysfs ours)/mq" ] && echo request)"
run_fio verified --filename=/dev/mapper/ours --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=32 --numjobs=2 --size=2m --offset_increment=8m --verify=crc32c
same "requests read back as they were" "0 0" "$fio_status $fio_error"
# If the lower device has no free request for a clone, the request is mapped again, and the failed
# attempt does not end.
requests=$(awk '{ print $1 + $5 + $12 }' "$(sysfs ours)/stat")
same "each has ended once" "$requests" "$(counted ended)"
between "and was mapped" "$requests" 100000 "$(counted mapped)"
say map 2
run_fio verified --filename=/dev/mapper/ours --rw=randread --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=8 --size=256k
same "requests that are pushed back come again" "0 0" "$fio_status $fio_error"
say map 3
run_fio verified --filename=/dev/mapper/ours --rw=randread --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=8 --size=256k
same "one that succeeded is not tried again, whatever the target says" "0 0" \
    "$fio_status $fio_error"
# When the file system is full, a write to a hole of the loop device's file fails. The target asks
# for a retry at every fourth end.
dd if=/dev/zero of=/tmp/small/filler bs=64k status=none 2> /dev/null
ended=$(counted ended)
for block in 0 1 2 3 4 5 6 7; do
    dd if=/dev/zero of=/dev/mapper/ours bs=4k count=1 seek=$((7000 + block)) oflag=direct \
        status=none 2> /dev/null
done
between "one that failed is" 10 16 $(($(counted ended) - ended))
rm /tmp/small/filler
# No merges, so that each request can be counted.
echo 2 > "$(sysfs ours)/queue/nomerges"
say map 4
asked=$(counted asked) mapped=$(counted mapped)
run_fio verified --filename=/dev/mapper/ours --rw=randread --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=8 --size=256k
same "requests wait for a target that is busy" "0 0" "$fio_status $fio_error"
# Two adjacent requests may still have been merged.
mapped=$(($(counted mapped) - mapped))
between "each is mapped once" 32 64 $mapped
between "and its target asked three times" $((mapped * 3 - asked % 3)) 1000000 \
    $(($(counted asked) - asked))
say map 1
contains "a request that is killed fails" "Input/output error" "$(read_some)"
say map 0
same "and then one that is not reads" "" "$(read_some)"
# The size of the mapped device's requests stays the one that the first table asked for.
if modprobe dm-multipath 2> /dev/null && modprobe dm-round-robin 2> /dev/null; then
    for table in error "multipath 0 0 1 1 round-robin 0 1 1 $number 1"; do
        dmsetup suspend ours
        dmsetup load ours --table "0 65536 $table"
        dmsetup resume ours
    done
    same "after a table of error, multipath has room in the requests" "" "$(read_some)"
    for table in error "apus-requests $lower"; do
        dmsetup suspend ours
        dmsetup load ours --table "0 65536 $table"
        dmsetup resume ours
    done
    same "and the target can come back" "" "$(read_some)"
else
    skip "after a table of error, multipath has room in the requests" \
        "this kernel has no dm-multipath"
fi
fails_with "an immutable target is not replaced by another" "Invalid argument" dmsetup load ours \
    --table "0 65536 linear $lower 0"
gone ours

same "$number is held by nobody" 0 "$(opened $lower)"

# --- The registered target types ---
if [ -r /proc/kcore ]; then
    kinds="linear striped zero error delay flakey log-writes"
    for kind in $kinds; do
        modprobe "apus_${kind//-/_}"
        dmsetup create theirs --notable
        dmsetup load theirs --table "0 8 $kind" 2> /dev/null
        dmsetup remove theirs
    done
    modprobe apus_dust
    perl hooks.pl > /tmp/hooks
    hooks_of() { awk -v name="$1" '$1 == name { for (i = 2; i <= NF; i++) print $i }' /tmp/hooks; }
    for kind in $kinds; do
        # The library implements dtr, and end_io for the data that a target keeps with its bios. If
        # a target has one of the DAX hooks, it has all three: the kernel's error has only one. The
        # error target of 6.1 has no device. apus-error has one, so it must not have the DAX hook
        # there. The zero target of 6.1 sets no discard limits.
        case $kind$is_old in
        delay*) without='dtr|end_io' ;;
        error) without='dtr|dax_.*' ;;
        error1) without='dtr|dax_.*|direct_access|report_zones|iterate_devices|io_hints' ;;
        zero1) without='dtr|io_hints' ;;
        *) without=dtr ;;
        esac
        same "apus-$kind has the hooks of $kind in its table, and null for others" \
            "$(hooks_of "$kind" | grep -vxE "$without" | tr '\n' ' ')" \
            "$(hooks_of "apus-$kind" | grep -vxE "$without" | tr '\n' ' ')"
    done
    same "apus-dust has those of the kernel's source" \
        "ctr dtr map status message prepare_ioctl iterate_devices " \
        "$(hooks_of apus-dust | tr '\n' ' ')"
    same "every hook is one of the test's targets" 22 \
        "$({ hooks_of apus-hooks; hooks_of apus-requests; hooks_of apus-linear; } | sort -u |
            wc -l)"
    same "no hook is anything but a function of its own module" "" \
        "$(grep '^apus-' /tmp/hooks | grep -F '?')"
    for kind in $kinds dust; do unloads "apus_${kind//-/_}" nothing; done
fi
unloads apus_dm_hooks nothing
