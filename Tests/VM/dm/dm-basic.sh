#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Device mapper: apus-linear, apus-zero and apus-error compared with the kernel's own targets.
# apus: memory=1024 cpus=1 timeout=300 files=dm-lib.sh
. ./lib.sh
# shellcheck source=dm-lib.sh
. ./dm-lib.sh

modprobe null_blk nr_devices=1 gb=1 memory_backed=1 discard=1
lower=/dev/nullb0
number=$(cat /sys/block/nullb0/dev)

# --- A table names a target, and its module is loaded ---
for kind in linear zero error; do
    case $kind in linear) arguments="$lower 4096" ;; *) arguments= ;; esac
    holds "a table that names apus-$kind loads its module" dmsetup create "ours-$kind" \
        --table "0 65536 apus-$kind $arguments"
    dmsetup create "theirs-$kind" --table "0 65536 $kind $arguments"
    same "a table of the target holds one reference to apus_$kind" \
        1 "$(cat "/sys/module/apus_$kind/refcnt")"
    refuses "rmmod fails while a table of the target exists" rmmod "apus_$kind"
    for what in table status; do
        same "dmsetup $what of apus-$kind is the same as that of $kind" \
            "$(dmsetup $what "theirs-$kind")" "$(plain "$(dmsetup $what "ours-$kind")")"
    done
done
contains "dmsetup targets shows the version of apus-linear" \
    "v1.4.0" "$(dmsetup targets | grep '^apus-linear')"

# --- Limits ---
# The error target of 6.1 has neither a device nor discard limits. apus-error has both.
case $(uname -r) in 6.1.*) is_old=1 ;; *) is_old= ;; esac
for kind in linear zero error; do
    without=
    if [ $kind$is_old = error1 ]; then
        without="discard_granularity discard_max_bytes discard_max_hw_bytes io_poll"
    fi
    # shellcheck disable=SC2086
    same_limits "the queue limits of apus-$kind are those of $kind" \
        "theirs-$kind" "ours-$kind" $without
done
contains "apus-linear has the discard limit of its lower device" discard_max_bytes \
    "$(limits ours-linear | grep 'discard_max_bytes:[1-9]')"

# --- Tables that are refused ---
alike linear "" "$lower" "$lower 0 0" "$lower x" "$lower -1" "$lower 1x" "/dev/nothing 0" \
    "/dev/nothing x" "/dev/null 0" "99:99 0" \
    "$number 0" "$lower 2097152" "$lower 9223372036854775808"
same "a sector that does not fit 64 bits is refused with EINVAL" \
    "linear: Invalid device sector (-EINVAL)" \
    "$(refusal "0 2048 apus-linear $lower 18446744073709551616")"
alike zero "" "0" "a b"
alike error "" "0" "a b c"
[ $is_old ] || alike error "$lower x" "/dev/nothing 0" "$lower 0"
same "the lower device is held only by the two linear tables" \
    "$(printf '%s\n' ours-linear theirs-linear | wc -l)" "$(opened $lower)"

# --- I/O ---
dd if=/dev/urandom of=$lower bs=1M count=40 oflag=direct status=none
same "apus-linear reads the same data as linear" \
    "$(dd if=/dev/mapper/theirs-linear bs=1M iflag=direct status=none | digest)" \
    "$(dd if=/dev/mapper/ours-linear bs=1M iflag=direct status=none | digest)"
dd if=/dev/urandom of=/dev/mapper/ours-linear bs=1M count=32 oflag=direct status=none
same "the lower device has the data that was written through apus-linear" \
    "$(dd if=$lower bs=2M skip=1 count=16 iflag=direct status=none | digest)" \
    "$(dd if=/dev/mapper/ours-linear bs=1M iflag=direct status=none | digest)"
holds "a discard of apus-linear succeeds" blkdiscard /dev/mapper/ours-linear
same "after the discard, apus-linear reads as zeroes" "$(head -c 33554432 /dev/zero | digest)" \
    "$(dd if=/dev/mapper/ours-linear bs=1M iflag=direct status=none | digest)"
run_fio verified --filename=/dev/mapper/ours-linear --rw=randrw --bsrange=4k-256k --direct=1 \
    --ioengine=io_uring --iodepth=16 \
    --size=24m --verify=crc32c --numjobs=1
same "fio verifies random writes to apus-linear" "0 0" "$fio_status $fio_error"
same "apus-zero reads as zeroes" "$(head -c 33554432 /dev/zero | digest)" \
    "$(dd if=/dev/mapper/ours-zero bs=1M iflag=direct status=none | digest)"
holds "a write to apus-zero succeeds" dd if=/dev/urandom of=/dev/mapper/ours-zero bs=1M count=4 \
    oflag=direct
same "after the write, apus-zero reads as zeroes" "$(head -c 4194304 /dev/zero | digest)" \
    "$(dd if=/dev/mapper/ours-zero bs=1M count=4 iflag=direct status=none | digest)"
same "a discard of apus-zero has the same result as one of zero" \
    "$(blkdiscard /dev/mapper/theirs-zero 2>&1)" \
    "$(blkdiscard /dev/mapper/ours-zero 2>&1 | sed s/ours/theirs/)"
for try in "dd if=/dev/mapper/NAME bs=4k count=1 iflag=direct of=/dev/null" \
    "dd of=/dev/mapper/NAME bs=4k count=1 oflag=direct if=/dev/zero" \
    "blkdiscard /dev/mapper/NAME" "blkdiscard -z -l 4096 /dev/mapper/NAME"; do
    for name in ours theirs; do
        ${try//NAME/$name-error} 2>&1 | head -n 1 | sed "s/ours/theirs/" > /tmp/$name
    done
    same "apus-error fails '${try%% *}' with the error of the kernel's target" \
        "$(cat /tmp/theirs)" "$(cat /tmp/ours)"
done

# --- A file system, suspended, resumed, and given another table while it is in use ---
mkfs.ext4 -q -F /dev/mapper/ours-linear
mkdir -p /tmp/mounted
mount /dev/mapper/ours-linear /tmp/mounted
fio --name=load --directory=/tmp/mounted --rw=randwrite --bs=4k --size=8m --time_based \
    --runtime=600 --ioengine=psync > /tmp/load 2>&1 &
load=$!
for turn in 1 2 3 4 5; do
    dmsetup suspend ours-linear
    dmsetup reload ours-linear \
        --table "0 65536 $([ $((turn % 2)) = 1 ] || printf apus-)linear $lower 4096"
    dmsetup resume ours-linear
    sleep 0.3
done
dmsetup reload ours-linear --table "0 65536 apus-linear $lower 4096"
dmsetup resume ours-linear
kill -INT $load
wait $load
same "fio has no error while the table below ext4 changes six times" 0 \
    "$(grep -c 'error' /tmp/load)"
umount /tmp/mounted
holds "after the changes, fsck.ext4 finds no error" fsck.ext4 -f -n /dev/mapper/ours-linear
# 6.1 accepts such a table, also with its own targets. The device then holds a reference to itself.
[ $is_old ] ||
    refuses "a table of a mapped device on itself is refused" dmsetup reload ours-linear \
    --table "0 65536 apus-linear /dev/mapper/ours-linear 0"
holds "after that, dmsetup table of the device succeeds" dmsetup table ours-linear
same "after that, the table of the device is unchanged" \
    "0 65536 apus-linear $number 4096" "$(dmsetup table ours-linear)"

# --- Several targets in a table, and devices on devices ---
dmsetup create several --table "0 2048 apus-linear $lower 0
2048 2048 apus-zero
4096 2048 linear $lower 4096
6144 2048 apus-error"
dmsetup create stacked --table "0 4096 apus-linear /dev/mapper/several 1024"
dmsetup create third --table "0 2048 apus-linear /dev/mapper/stacked 1024"
same "a read through three stacked targets returns the zeroes of apus-zero" \
    "$(head -c 1048576 /dev/zero | digest)" \
    "$(dd if=/dev/mapper/third bs=1M count=1 iflag=direct status=none | digest)"
dd if=$lower of=/tmp/first bs=512k skip=1 count=1 iflag=direct status=none
same "a read through two stacked targets returns the data of the lower device" \
    "$(digest < /tmp/first)" \
    "$(dd if=/dev/mapper/stacked bs=512k count=1 iflag=direct status=none | digest)"
fails_with "a read of the part of a table that is apus-error fails with EIO" \
    "Input/output error" dd if=/dev/mapper/several \
    bs=512 skip=6144 count=1 iflag=direct of=/dev/null
gone third stacked several

# --- A table whose later target opens the device with more rights ---
# era writes to its devices in a table that is read-only, too. Device mapper then replaces the
# structure that it has of the device, and frees the first one.
modprobe brd rd_nr=1 rd_size=4096
holds "a read-only table has apus-linear and era, which writes, on one device" dmsetup create -r \
    both --table "0 2048 apus-linear $lower 0
2048 2048 era /dev/ram0 $lower 128"
same "the table names the device of apus-linear" "0 2048 apus-linear $number 0" \
    "$(dmsetup table both | head -n 1)"
same "a read through apus-linear has the device's data" "$(digest < /tmp/first)" \
    "$(dd if=/dev/mapper/both bs=512k skip=1 count=1 iflag=direct status=none | digest)"
gone both

# --- Removal ---
gone ours-linear ours-zero ours-error theirs-linear theirs-zero theirs-error
same "after the removal, no mapped device holds the lower device" 0 "$(opened $lower)"
for kind in linear zero error; do unloads apus_$kind nothing; done
same "after rmmod, dmsetup targets lists no Apus target" 0 "$(dmsetup targets | grep -c '^apus')"
