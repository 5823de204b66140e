#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Device mapper: dm-io and kcopyd, with a target that keeps the same data on several devices.
# apus: memory=1024 cpus=2 timeout=400 files=dm-lib.sh
. ./lib.sh
# shellcheck source=dm-lib.sh
. ./dm-lib.sh

sectors=131072
modprobe null_blk nr_devices=3 gb=1 memory_backed=1 discard=1
modprobe apus_null nr_devices=1 gb=1 bs=4096 memory_backed=1
modprobe apus_dm_copies
legs=(/dev/nullb0 /dev/nullb1 /dev/nullb2)
say() { dmsetup message ours 0 "$@" 2>&1; }
refused() {
    local promise=$1 why=$2
    shift 2
    fails_with "$promise" "$why" dmsetup message ours 0 "$@"
}
counted() {
    dmsetup status ours | sed 's/^.*apus-copies //' | awk -v name="$1" '$1 == name { print $2 }'
}
settled() { [ "$(counted mapped)" = "$(counted data_ended)" ]; }
# place DEVICE SECTOR COUNT: the digest of a range.
place() {
    dd if="$1" bs=1M count=$(($3 * 512)) skip=$(($2 * 512)) iflag=direct,skip_bytes,count_bytes \
        status=none | digest
}
make() { dmsetup create ours --table "0 $sectors apus-copies $*"; }
# everywhere SECTOR COUNT [LEG…]: the digests of a range on all devices, or on these.
everywhere() { for leg in "${@:3}"; do place "/dev/nullb$leg" "$1" "$2"; done | sort -u; }

# --- Bios that go to several devices ---
make "${legs[@]}"
run_fio verified --filename=/dev/mapper/ours --rw=randrw --bsrange=4k-256k --direct=1 \
    --ioengine=io_uring --iodepth=16 --numjobs=2 --size=16m --offset_increment=16m --verify=crc32c \
    --fsync=32
same "fio verifies data that is written to three devices" "0 0" "$fio_status $fio_error"
same "each of the three devices has the data" "$(place /dev/mapper/ours 0 $sectors)" \
    "$(everywhere 0 $sectors 0 1 2)"
holds "each mapped bio has ended once" soon settled
same "no bio failed, and none was refused" "0 0" "$(counted failed) $(counted refused)"
mkfs.ext4 -q /dev/mapper/ours && mkdir -p /mnt && mount -o discard /dev/mapper/ours /mnt
cp -a /lib /mnt/lib
rm -r /mnt/lib
cp -a /sbin /mnt/
before=$(cd /mnt && find . -type f -exec cat {} + | digest)
umount /mnt
for leg in "${legs[@]}"; do
    e2fsck -fn "$leg" > /tmp/fsck 2>&1
    same "e2fsck finds no error in the file system on $leg alone" 0 $?
done
gone ours
mount -o ro "${legs[2]}" /mnt
same "the third device alone has the files of the file system" \
    "$before" "$(cd /mnt && find . -type f -exec cat {} + | digest)"
umount /mnt
make "${legs[@]}"
dd if=/dev/urandom of=/dev/mapper/ours bs=1M count=64 oflag=direct status=none

# --- Copies ---
none=00000000
same "a copy to the two other devices succeeds" "read $none" "$(say copy 0 8 24 100000)"
same "the copy has the data of its source on both devices" "$(place /dev/nullb0 8 24) 1" \
    "$(place /dev/nullb1 100000 24) $(everywhere 100000 24 1 2 | grep -c .)"
holds "the source device does not have the copy at the destination sector" \
    [ "$(place /dev/nullb0 100000 24)" != "$(place /dev/nullb1 100000 24)" ]
# The copy is longer than kcopyd's parts of 512 KiB, so several parts are in flight.
same "a copy that is longer than kcopyd's parts succeeds" "read $none" "$(say copy 1 3 40001 70000)"
same "the long copy has the data of its source on both devices" \
    "$(place /dev/nullb1 3 40001)" "$(everywhere 70000 40001 0 2)"
same "a copy whose parts are in order succeeds" "read $none" "$(say copy 0 5 30000 60000 order)"
same "the copy in order has the data of its source on both devices" \
    "$(place /dev/nullb0 5 30000)" "$(everywhere 60000 30000 1 2)"
same "writing zeroes to all devices succeeds" "read $none" "$(say zero 1000 5000)"
same "all devices read as zeroes in the range" \
    "$(head -c $((5000 * 512)) /dev/zero | digest)" "$(everywhere 1000 5000 0 1 2)"
same "a prepared callback runs" "read $none" "$(say call)"
same "a prepared callback that is dropped runs, and reports an unread source" \
    "unread $none" "$(say drop)"
before=$(counted copies)
say keep
say keep
copied() { [ "$(counted copies)" = $((before + 1)) ]; }
holds "a kept callback runs when another one replaces it" soon copied
say thread
same "the callback that replaced it has not run" $((before + 1)) "$(counted copies)"
say throttle 0
same "a throttle of 0 is set to 1" 1 "$(counted throttle)"
say throttle 500
same "a throttle of 500 is set to 100" 100 "$(counted throttle)"
say throttle 20
same "a copy with a throttle of 20 succeeds" "read $none" "$(say copy 2 0 20000 50000)"
same "the throttled copy has the data of its source on both devices" \
    "$(place /dev/nullb2 0 20000)" "$(everywhere 50000 20000 0 1)"
say throttle 100

# --- Synchronous I/O ---
dd if=/dev/urandom of=/dev/nullb1 bs=1M count=2 oflag=direct status=none
same "synchronous I/O reads pages and writes them to all devices" \
    "$none" "$(say move 1 7 9000 65536)"
same "all devices have the data of the pages" \
    "$(place /dev/nullb1 7 128)" "$(everywhere 9000 128 0 1 2)"
same "synchronous I/O of a part of the pages succeeds" "$none" "$(say move 1 300 9500 1536)"
same "all devices have the data of that part" \
    "$(place /dev/nullb1 300 3)" "$(everywhere 9500 3 0 1 2)"
same "synchronous I/O to a different sector of each device succeeds" \
    "$none" "$(say spread 1 40 30000 4096)"
before=$(place /dev/nullb1 40 8)
same "each device has the data at its own sector" "$before $before $before" \
    "$(place /dev/nullb0 30000 8) $(place /dev/nullb1 31000 8) $(place /dev/nullb2 32000 8)"
holds "the second device does not have the data at the sector of the first" \
    [ "$(place /dev/nullb1 30000 8)" != "$before" ]
same "synchronous I/O reads and writes memory from vmalloc" \
    "$none" "$(say vmove 1 11 20000 1048576)"
same "all devices have the data of the memory from vmalloc, in order" \
    "$(place /dev/nullb1 11 2048)" "$(everywhere 20000 2048 0 1 2)"
same "a flush of all devices succeeds" "$none" "$(say flush)"
same "a discard of all devices succeeds" "$none" "$(say discard 20000 2048)"
same "after the discard, the range reads as zeroes on all devices" \
    "$(head -c 1048576 /dev/zero | digest)" "$(everywhere 20000 2048 0 1 2)"
same "write zeroes fails on all devices that do not support it" 11100000 "$(say zeroes 0 8)"

# --- Copies and I/O that are refused ---
refused "a copy from a device number that does not exist is refused with EINVAL" \
    "Invalid argument" copy 3 0 8 0
refused "a copy of 0 sectors is refused with EINVAL" "Invalid argument" copy 0 0 0 8
refused "a copy from a sector beyond the largest device is refused with EINVAL" \
    "Invalid argument" copy 0 18014398509481984 8 0
refused "a copy to a sector beyond the largest device is refused with EINVAL" \
    "Invalid argument" copy 0 0 8 18446744073709551615
refused "zeroes of a length beyond the largest device are refused with EINVAL" \
    "Invalid argument" zero 0 18446744073709551615
refused "a discard of 0 sectors is refused with EINVAL" "Invalid argument" discard 0 0
refused "I/O of more bytes than the pages have is refused with EINVAL" \
    "Invalid argument" move 0 0 0 65537
refused "I/O of a length that is not a multiple of 512 is refused with EINVAL" \
    "Invalid argument" move 0 0 0 513
refused "I/O of 0 bytes is refused with EINVAL" "Invalid argument" move 0 0 0 0
refused "a message with a word for a number is refused with EINVAL" \
    "Invalid argument" move 0 0 0 ten
refused "a read beyond the end of the device fails with EIO" \
    "Input/output error" move 0 2097152 0 4096
same "two reads, with the flags preflush and FUA, are refused" 2 "$(say wrong)"
same "a copy from beyond the end of the device fails to read" \
    "unread $none" "$(say copy 0 2097150 8 0)"
same "a copy to beyond the end of the device fails on both destinations" \
    "read 11000000" "$(say copy 0 0 8 2097150)"
same "a write beyond the end of the device fails on all three devices" \
    11100000 "$(say move 0 0 2097150 4096)"
say rash
fails_with "a bio that map itself sends to several devices fails with EIO" \
    "Input/output error" dd if=/dev/mapper/ours of=/dev/null bs=4k count=1 iflag=direct status=none
holds "that bio is counted as refused" [ "$(counted refused)" -ge 1 ]
say careful
same "the next bio returns the data" "$(place /dev/nullb0 0 8)" "$(place /dev/mapper/ours 0 8)"
holds "each mapped bio has ended once" soon settled
gone ours
make /dev/apusnull0
refused "a copy from within a block is refused with EINVAL" "Invalid argument" copy 0 1 8 8
refused "a read from within a block is refused with EINVAL" "Invalid argument" move 0 4 8 4096
refused "a write to within a block is refused with EINVAL" "Invalid argument" move 0 8 4 4096
refused "I/O of half a block is refused with EINVAL" "Invalid argument" move 0 8 8 2048
refused "zeroes for half a block are refused with EINVAL" "Invalid argument" zero 8 4
refused "a copy without a destination is refused with EINVAL" "Invalid argument" copy 0 8 8 16
same "I/O in whole blocks succeeds" "$none" "$(say move 0 8 16 8192)"
gone ours

# --- Devices that fail ---
dmsetup create bad --table "0 $sectors error"
make /dev/nullb0 /dev/mapper/bad /dev/nullb2
same "a write succeeds although one of three devices fails" "" \
    "$(dd if=/dev/urandom of=/dev/mapper/ours bs=64k count=4 oflag=direct status=none 2>&1)"
same "the two other devices have the data of the write" \
    "$(place /dev/nullb0 0 512)" "$(place /dev/nullb2 0 512)"
holds "the failed bios are counted" [ "$(counted failed)" -ge 4 ]
same "a copy reports the first destination as failed" "read 10000000" "$(say copy 0 0 8 8)"
same "a copy that ignores errors reports the first destination as failed" \
    "read 10000000" "$(say copy 0 0 5000 9000 ignore)"
same "the other destination has the whole copy" \
    "$(place /dev/nullb0 0 5000)" "$(place /dev/nullb2 9000 5000)"
same "a copy from a failing device fails to read" "unread $none" "$(say copy 1 0 8 8)"
same "synchronous I/O reports the second device as failed" 01000000 "$(say move 0 0 8 4096)"
refused "synchronous I/O from a failing device fails with EIO" "Input/output error" move 1 0 8 4096
gone ours
make /dev/mapper/bad /dev/nullb2
same "a read that fails on the first device returns the data of the second" \
    "$(place /dev/nullb2 0 512)" "$(place /dev/mapper/ours 0 512)"
gone ours
make /dev/mapper/bad /dev/mapper/bad
fails_with "a read that fails on all devices fails with EIO" \
    "Input/output error" dd if=/dev/mapper/ours of=/dev/null bs=4k count=1 iflag=direct status=none
fails_with "a write that fails on all devices fails with EIO" \
    "Input/output error" dd if=/dev/zero of=/dev/mapper/ours bs=4k count=1 oflag=direct status=none
gone ours bad
nine=
for _ in 1 2 3 4 5 6 7 8 9; do nine="$nine /dev/nullb0"; done
make "$nine"
fails_with "a write to nine devices fails with EIO" "Input/output error" dd if=/dev/zero \
    of=/dev/mapper/ours bs=4k count=1 oflag=direct status=none
refused "zeroes for nine devices are refused with ENOSPC" "No space left" zero 0 8
same "a copy to eight destinations succeeds" "read $none" "$(say copy 0 8 8 16)"
gone ours

# --- Lower devices that divide bios, or have large blocks or integrity data ---
# The target does not support zones.
for kind in $odd_kinds; do
    if ! beneath "$kind"; then
        skip "copies are made over $kind" "this kernel has none"
        continue
    fi
    dmsetup create ours --table "0 16384 apus-copies $one $two"
    reads_back "over $kind, fio verifies data that is written to two devices"
    # A block that crosses a page boundary is refused, because dm-io might divide it there.
    same "a bio whose memory has gaps is written and read correctly" "8 8 True" "$(gaps ours 4096)"
    same "both devices have the data" "$(place "$one" 0 2048)" "$(place "$two" 0 2048)"
    same "a copy to the other device succeeds" "read $none" "$(say copy 0 8 2000 8192)"
    same "the copy has the data of its source" "$(place "$one" 8 2000)" "$(place "$two" 8192 2000)"
    same "synchronous I/O reads pages and writes them to all devices" \
        "$none" "$(say move 1 64 12288 65536)"
    same "synchronous I/O reads and writes memory from vmalloc" \
        "$none" "$(say vmove 0 512 13000 524288)"
    same "both devices have the data of the pages and of the memory from vmalloc" \
        "$(place "$one" 64 128) $(place "$one" 512 1024)" \
        "$(place "$two" 12288 128) $(place "$two" 13000 1024)"
    holds "each mapped bio has ended once" soon settled
    same "no bio failed, and none was refused" "0 0" "$(counted failed) $(counted refused)"
    gone ours
    unbeneath "$kind"
done

# --- Removal ---
for leg in 0 1; do dmsetup create slow$leg --table "0 $sectors apus-delay /dev/nullb$leg 0 40"; done
make /dev/mapper/slow0 /dev/mapper/slow1
dd if=/dev/urandom of=/dev/nullb0 bs=1M count=32 oflag=direct status=none
say start 0 0 65536 0
say start 0 0 65536 65536
say keep
holds "a target is removed while it has copies in progress and a kept callback" gone ours
same "the removal waits until the first copy is complete" \
    "$(place /dev/nullb0 0 65536)" "$(place /dev/nullb1 0 65536)"
same "the removal waits until the second copy is complete" \
    "$(place /dev/nullb0 0 65536)" "$(place /dev/nullb1 65536 65536)"
gone slow0 slow1
# A copy that takes longer than any timeout of the kernel: the target's destructor waits for it. The
# debug kernel alone tests this, because one run is enough and its runs take long anyway.
case $(uname -r) in
*-debug)
    dmsetup create slow1 --table "0 $sectors apus-delay /dev/nullb1 0 0 /dev/nullb1 0 40000"
    make /dev/nullb0 /dev/mapper/slow1
    say start 0 4096 8 120000
    holds "the removal waits for a copy that takes 40 seconds" gone ours
    same "after the removal, the copy that took 40 seconds is complete" \
        "$(place /dev/nullb0 4096 8)" "$(place /dev/nullb1 120000 8)"
    gone slow1
    ;;
esac
same "after the removal, no mapped device holds the lower devices" "0 0 0" \
    "$(opened /dev/nullb0) $(opened /dev/nullb1) $(opened /dev/nullb2)"
unloads apus_dm_copies nothing
rmmod apus_delay apus_null
