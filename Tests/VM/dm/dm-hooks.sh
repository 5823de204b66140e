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

fails_with "a second registration of a target type fails with EBUSY" "Device or resource busy" \
    bash -c 'echo 0 > /sys/module/apus_dm_hooks/parameters/register'
# unsound NUMBER NAME WHY: a type whose features and hooks do not fit together is not registered.
unsound() {
    mark_log
    fails_with "the registration of the unsound type $2 fails with EINVAL" "Invalid argument" \
        bash -c "echo $1 > /sys/module/apus_dm_hooks/parameters/register"
    contains "the log gives the reason of the refused type" "$2: $3" "$(new_log)"
}
unsound 1 apus-wildcard "a wildcard target needs visitDevices"
unsound 2 apus-unreported "a target for zoned devices needs reportZones"
unsound 3 apus-zoned-reqs "a target that maps requests cannot be for zoned devices"
unsound 4 apus-changing "the features are not those of the first registration"
mark_log
fails_with "a table of a request-based target without a device is refused with EINVAL" \
    "Invalid argument" dmsetup create bare --table "0 8 apus-bare"
contains "the log says that a target of requests needs a device" \
    "A target of requests needs a device" "$(new_log)"
dmsetup create bare --table "0 8 error"
fails_with "that table is also refused in place of a bio-based table" \
    "Invalid argument" dmsetup load bare --table "0 8 apus-bare"
dmsetup remove bare
dmsetup create ours --table "0 65536 apus-hooks $lower"
contains "dmsetup targets shows the version of the source" \
    "v9.8.7" "$(dmsetup targets | grep '^apus-hooks')"
same "the target reads its begin, its length and that it is writable" "0 65536 1" \
    "$(counted begin) $(counted length) $(counted writable)"

# --- Limits ---
queue=$(sysfs ours)/queue
same "the queue limits are those that io_hints sets" "4096 8192 8192 65536 128" \
    "$(cat "$queue/logical_block_size" "$queue/physical_block_size" "$queue/minimum_io_size" "$queue/optimal_io_size" "$queue/max_hw_sectors_kb" | tr '\n' ' ' | sed 's/ $//')"

# --- Bios, and the end of their data ---
# All bios have ended, and the data of each has ended once.
settled() { [ "$(counted mapped)" = "$(counted data_ended)" ]; }
dd if=/dev/urandom of=$lower bs=64k count=1 oflag=direct status=none
same "a read through the target succeeds" "" "$(read_some)"
same "the read returns the data of the lower device" "$(head -c 16384 /tmp/read | digest)" \
    "$(dd if=$lower bs=16k count=1 iflag=direct status=none | digest)"
holds "the per-bio data has ended" soon settled
say map 1
contains "a bio that map drops fails with EIO" "Input/output error" "$(read_some)"
holds "the per-bio data has ended" soon settled
before=$(counted ended)
say map 2
contains "a bio that map kills fails with EIO" "Input/output error" "$(read_some)"
same "the end hook is not called for a killed bio" "$before" "$(counted ended)"
holds "the per-bio data has ended" soon settled
say map 5
contains "a bio that map pushes back while the device is not suspended fails with EIO" \
    "Input/output error" "$(read_some)"
holds "the per-bio data has ended" soon settled
say map 4
same "a bio that map ends succeeds" "" "$(read_some)"
holds "the per-bio data has ended" soon settled
say map 6
same "accepting more than a bio or 0 sectors is refused, and the read succeeds" "" "$(read_some)"
say map 0
say end 1
contains "the end hook turns a success into ENOSPC" "No space left" "$(read_some)"
dmsetup create bad --table "0 65536 apus-error"
dmsetup suspend ours
dmsetup load ours --table "0 65536 apus-hooks /dev/mapper/bad"
dmsetup resume ours
contains "a read fails with the EIO of the lower device" "Input/output error" "$(read_some)"
say end 2
same "the end hook turns a failure into a success" "" "$(read_some)"
holds "the per-bio data has ended" soon settled
say end 0
say end 3
before=$(counted ended)
contains "a bio that the end hook takes back fails with EIO after its last try" \
    "Input/output error" "$(read_some)"
same "the end hook is called three times for a bio that is taken back" \
    3 $(($(counted ended) - before))
holds "the per-bio data has ended" soon settled
say end 4
before=$(counted ended)
contains "a bio that is taken back and dropped fails with EIO" "Input/output error" "$(read_some)"
same "the end hook is called once for a bio that is taken back and dropped" \
    1 $(($(counted ended) - before))
holds "the per-bio data has ended" soon settled
say end 5
before=$(counted ended)
contains "a bio that the end hook submits itself fails with EIO after its last try" \
    "Input/output error" "$(read_some)"
same "the end hook is called three times for a bio that it submits itself" \
    3 $(($(counted ended) - before))
holds "the per-bio data has ended" soon settled
dmsetup suspend ours
dmsetup load ours --table "0 65536 apus-hooks $lower"
dmsetup resume ours
gone bad
run_fio verified --filename=/dev/mapper/ours --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=32 --numjobs=2 --size=4m --offset_increment=8m --verify=crc32c
same "fio verifies bios that two CPUs submit concurrently" "0 0" "$fio_status $fio_error"
holds "the per-bio data of each of them has ended" soon settled

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
        reads_back "over $kind, with end $mode, fio verifies its data"
        same "a bio whose memory has gaps is written and read correctly" "8 8 True" "$(gaps ours)"
        holds "the per-bio data of each bio has ended" soon settled
        mapped=$(($(counted mapped) - mapped)) ended=$(($(counted ended) - ended))
        same "the end hook is called three times for each bio" $((3 * mapped)) $ended
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
    same "the mapped device supports polling, like the lower device" 1 \
        "$(cat "$(sysfs ours)/queue/io_poll")"
    for mode in 0 3 5; do
        say end $mode
        mapped=$(counted mapped) ended=$(counted ended)
        fio --name=polled --filename=/dev/mapper/ours --rw=randread --bs=4k --direct=1 \
            --ioengine=io_uring --hipri=1 --iodepth=4 \
            --size=256k --readonly > /tmp/fio.text 2>&1 &
        ends_within 60 $! &&
            same "with end $mode, polled bios end within a minute" "status 0" "status $status"
        holds "the per-bio data of each bio has ended" soon settled
        tries=3
        [ $mode != 0 ] || tries=1
        same "the end hook is called $tries times for each polled bio" \
            $((tries * ($(counted mapped) - mapped))) $(($(counted ended) - ended))
    done
    use 65536 $lower
    unlower nullpolled
else
    skip "polled bios end" "on this kernel, the target cannot be polled"
fi

# --- Suspension ---
# The counts begin when the table is loaded. Loading it has resumed the target once.
same "loading a table calls preresume and resume once" "0 0 0 1 1" \
    "$(counted presuspend) $(counted presuspend_undo) $(counted postsuspend) $(counted preresume) $(counted resume)"
dmsetup suspend ours
same "a suspension calls presuspend and postsuspend" "1 1" \
    "$(counted presuspend) $(counted postsuspend)"
same "a suspended target reads that it is suspended" 1 "$(counted suspended)"
say refuse
fails_with "a resume fails with the ENOSPC of preresume" "No space left" dmsetup resume ours
same "after the error of preresume, resume is not called" \
    "2 1" "$(counted preresume) $(counted resume)"
say accept
holds "a resume succeeds if preresume succeeds" dmsetup resume ours
same "after a successful preresume, resume is called" \
    "3 2 0" "$(counted preresume) $(counted resume) $(counted suspended)"
same "a status is requested with a flush by default" 0 "$(counted noflush)"
same "dmsetup status --noflush requests a status without a flush" \
    1 "$(dmsetup status --noflush ours | awk '$1 == "noflush" { print $2 }')"
# A suspension that waits for a bio and is interrupted is undone.
dmsetup create kept --table "0 65536 apus-delay $lower 0 3600000"
dmsetup suspend ours && dmsetup load ours --table "0 65536 apus-hooks /dev/mapper/kept" &&
    dmsetup resume ours
dd if=/dev/mapper/ours of=/dev/null bs=4k count=1 iflag=direct status=none &
reader=$!
waits() { case $(dmsetup status kept) in *" 1 0 0") ;; *) return 1 ;; esac }
soon waits
timeout 3 dmsetup suspend --nolockfs ours
same "an interrupted suspension calls presuspend_undo, and not postsuspend" "1 1 0" \
    "$(counted presuspend) $(counted presuspend_undo) $(counted postsuspend)"
dmsetup suspend kept
dmsetup resume kept
wait $reader
dmsetup suspend ours && dmsetup load ours --table "0 65536 apus-hooks $lower" && dmsetup resume ours
gone kept

# --- Messages ---
same "the target gets the words of a message in order" "<one><two><three>" "$(say one two three)"
same "the reply to a message does not change the message's words" "abcdefghabcdefghabcdefgh" \
    "$(say thrice abcdefgh)"
same "a message without an answer prints nothing" "" "$(say map 0)"
fails_with "a message fails with the EOVERFLOW of the target" "Value too large" say fail
for length in 1 100 4000 20000 100000; do
    same "an answer of $length bytes to a message is complete" \
        "$length" "$(say long $length | tr -d '\n' | wc -c)"
done
event=$(dmsetup info -c --noheadings -o events ours)
say event
same "a message increments the event counter of the device" \
    $((event + 1)) "$(dmsetup info -c --noheadings -o events ours)"

gone ours

# --- Requests ---
# A memory-backed null_blk may sleep. Device mapper calls the lower driver in a context that must
# not sleep.
fails_with "a table of a request-based target on a driver that may sleep is refused with EINVAL" \
    "Invalid argument" dmsetup create ours --table "0 65536 apus-requests $lower"
contains "the log says that the lower driver is bio-based or may sleep" \
    "apus-requests: the driver of nullb0 takes bios only, or may sleep" "$(dmesg | tail -n 5)"
dmsetup remove ours 2> /dev/null
modprobe loop
mkdir /tmp/small
mount -t tmpfs -o size=24m none /tmp/small
truncate -s 64M /tmp/small/file
same "after the refused table, no mapped device holds $number" 0 "$(opened $lower)"
lower=$(losetup --find --show /tmp/small/file)
number=$(cat "/sys/block/${lower#/dev/}/dev")
dmsetup create ours --table "0 65536 apus-requests $lower"
same "the mapped device of a request-based target has hardware queues" "request" \
    "$([ -d "$(sysfs ours)/mq" ] && echo request)"
run_fio verified --filename=/dev/mapper/ours --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=32 --numjobs=2 --size=2m --offset_increment=8m --verify=crc32c
same "fio verifies data that is written in requests" "0 0" "$fio_status $fio_error"
# If the lower device has no free request for a clone, the request is mapped again, and the failed
# attempt does not end.
requests=$(awk '{ print $1 + $5 + $12 }' "$(sysfs ours)/stat")
same "the end hook is called once for each request" "$requests" "$(counted ended)"
between "map is called at least once for each request" "$requests" 100000 "$(counted mapped)"
say map 2
run_fio verified --filename=/dev/mapper/ours --rw=randread --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=8 --size=256k
same "requests that map pushes back are mapped again and succeed" "0 0" "$fio_status $fio_error"
say map 3
run_fio verified --filename=/dev/mapper/ours --rw=randread --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=8 --size=256k
same "requests that succeeded are not retried, although the end hook asks for it" "0 0" \
    "$fio_status $fio_error"
# When the file system is full, a write to a hole of the loop device's file fails. The target asks
# for a retry at every fourth end.
dd if=/dev/zero of=/tmp/small/filler bs=64k status=none 2> /dev/null
ended=$(counted ended)
for block in 0 1 2 3 4 5 6 7; do
    dd if=/dev/zero of=/dev/mapper/ours bs=4k count=1 seek=$((7000 + block)) oflag=direct \
        status=none 2> /dev/null
done
between "requests that failed are retried if the end hook asks for it" \
    10 16 $(($(counted ended) - ended))
rm /tmp/small/filler
# No merges, so that each request can be counted.
echo 2 > "$(sysfs ours)/queue/nomerges"
say map 4
asked=$(counted asked) mapped=$(counted mapped)
run_fio verified --filename=/dev/mapper/ours --rw=randread --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=8 --size=256k
same "requests succeed with a target that is sometimes busy" "0 0" "$fio_status $fio_error"
# Two adjacent requests may still have been merged.
mapped=$(($(counted mapped) - mapped))
between "each request is mapped once with a target that is sometimes busy" 32 64 $mapped
between "isBusy of the target is called at least three times for each request" \
    $((mapped * 3 - asked % 3)) 1000000 $(($(counted asked) - asked))
say map 1
contains "a request that map kills fails with EIO" "Input/output error" "$(read_some)"
say map 0
same "the next request succeeds" "" "$(read_some)"
# The size of the mapped device's requests stays the one that the first table asked for.
if modprobe dm-multipath 2> /dev/null && modprobe dm-round-robin 2> /dev/null; then
    for table in error "multipath 0 0 1 1 round-robin 0 1 1 $number 1"; do
        dmsetup suspend ours
        dmsetup load ours --table "0 65536 $table"
        dmsetup resume ours
    done
    same "after a table of error, multipath works on the mapped device" "" "$(read_some)"
    for table in error "apus-requests $lower"; do
        dmsetup suspend ours
        dmsetup load ours --table "0 65536 $table"
        dmsetup resume ours
    done
    same "after another table of error, the request-based target works" "" "$(read_some)"
else
    skip "after a table of error, multipath works on the mapped device" \
        "this kernel has no dm-multipath"
fi
fails_with "a table of linear is refused in place of an immutable target" \
    "Invalid argument" dmsetup load ours --table "0 65536 linear $lower 0"
gone ours

same "after the removal, no mapped device holds $number" 0 "$(opened $lower)"

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
        same "the target type of apus-$kind has the hooks of $kind, and null for others" \
            "$(hooks_of "$kind" | grep -vxE "$without" | tr '\n' ' ')" \
            "$(hooks_of "apus-$kind" | grep -vxE "$without" | tr '\n' ' ')"
    done
    same "the target type of apus-dust has the hooks of the kernel's dust" \
        "ctr dtr map status message prepare_ioctl iterate_devices " \
        "$(hooks_of apus-dust | tr '\n' ' ')"
    same "three of the targets have all 22 hooks together" 22 \
        "$({ hooks_of apus-hooks; hooks_of apus-requests; hooks_of apus-linear; } | sort -u |
            wc -l)"
    same "each hook is a function of the module of its target" "" \
        "$(grep '^apus-' /tmp/hooks | grep -F '?')"
    for kind in $kinds dust; do unloads "apus_${kind//-/_}" nothing; done
fi
unloads apus_dm_hooks nothing
