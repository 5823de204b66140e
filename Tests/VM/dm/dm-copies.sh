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
same "what is written to several devices reads back as it was" "0 0" "$fio_status $fio_error"
same "and is on each of them" "$(place /dev/mapper/ours 0 $sectors)" \
    "$(everywhere 0 $sectors 0 1 2)"
holds "and each bio came back once" soon settled
same "without a failure" "0 0" "$(counted failed) $(counted refused)"
mkfs.ext4 -q /dev/mapper/ours && mkdir -p /mnt && mount -o discard /dev/mapper/ours /mnt
cp -a /lib /mnt/lib
rm -r /mnt/lib
cp -a /sbin /mnt/
before=$(cd /mnt && find . -type f -exec cat {} + | digest)
umount /mnt
for leg in "${legs[@]}"; do
    e2fsck -fn "$leg" > /tmp/fsck 2>&1
    same "a file system on it is whole on $leg" 0 $?
done
gone ours
mount -o ro "${legs[2]}" /mnt
same "with its files" "$before" "$(cd /mnt && find . -type f -exec cat {} + | digest)"
umount /mnt
make "${legs[@]}"
dd if=/dev/urandom of=/dev/mapper/ours bs=1M count=64 oflag=direct status=none

# --- Copies ---
none=00000000
same "a copy goes to the others" "read $none" "$(say copy 0 8 24 100000)"
same "as it was" "$(place /dev/nullb0 8 24) 1" \
    "$(place /dev/nullb1 100000 24) $(everywhere 100000 24 1 2 | grep -c .)"
holds "and nowhere else" [ "$(place /dev/nullb0 100000 24)" != "$(place /dev/nullb1 100000 24)" ]
# The copy is longer than kcopyd's parts of 512 KiB, so several parts are in flight.
same "a long one is divided" "read $none" "$(say copy 1 3 40001 70000)"
same "and put together again" "$(place /dev/nullb1 3 40001)" "$(everywhere 70000 40001 0 2)"
same "one in order too" "read $none" "$(say copy 0 5 30000 60000 order)"
same "is as it was" "$(place /dev/nullb0 5 30000)" "$(everywhere 60000 30000 1 2)"
same "zeroes go everywhere" "read $none" "$(say zero 1000 5000)"
same "as such" "$(head -c $((5000 * 512)) /dev/zero | digest)" "$(everywhere 1000 5000 0 1 2)"
same "a prepared call runs" "read $none" "$(say call)"
same "one that is dropped runs, and says so" "unread $none" "$(say drop)"
before=$(counted copies)
say keep
say keep
copied() { [ "$(counted copies)" = $((before + 1)) ]; }
holds "one that is kept runs when another takes its place" soon copied
say thread
same "and the other does not" $((before + 1)) "$(counted copies)"
say throttle 0
same "a throttle below 1 is 1" 1 "$(counted throttle)"
say throttle 500
same "one above 100 is 100" 100 "$(counted throttle)"
say throttle 20
same "a copy that is slowed down is made" "read $none" "$(say copy 2 0 20000 50000)"
same "as well" "$(place /dev/nullb2 0 20000)" "$(everywhere 50000 20000 0 1)"
say throttle 100

# --- Synchronous I/O ---
dd if=/dev/urandom of=/dev/nullb1 bs=1M count=2 oflag=direct status=none
same "pages are read and written" "$none" "$(say move 1 7 9000 65536)"
same "everywhere" "$(place /dev/nullb1 7 128)" "$(everywhere 9000 128 0 1 2)"
same "less than all of them too" "$none" "$(say move 1 300 9500 1536)"
same "just as much" "$(place /dev/nullb1 300 3)" "$(everywhere 9500 3 0 1 2)"
same "places need not be the same" "$none" "$(say spread 1 40 30000 4096)"
before=$(place /dev/nullb1 40 8)
same "each device has it at its own" "$before $before $before" \
    "$(place /dev/nullb0 30000 8) $(place /dev/nullb1 31000 8) $(place /dev/nullb2 32000 8)"
holds "and not at another's" [ "$(place /dev/nullb1 30000 8)" != "$before" ]
same "memory from vmalloc is read and written" "$none" "$(say vmove 1 11 20000 1048576)"
same "everywhere, in its order" "$(place /dev/nullb1 11 2048)" "$(everywhere 20000 2048 0 1 2)"
same "a flush goes everywhere" "$none" "$(say flush)"
same "a discard too" "$none" "$(say discard 20000 2048)"
same "and has been done" "$(head -c 1048576 /dev/zero | digest)" "$(everywhere 20000 2048 0 1 2)"
same "zeroes without data fail everywhere where no device has them" 11100000 "$(say zeroes 0 8)"

# --- What is refused ---
refused "a device that there is not is refused" "Invalid argument" copy 3 0 8 0
refused "a copy of nothing" "Invalid argument" copy 0 0 0 8
refused "a copy from where no device has sectors" "Invalid argument" copy 0 18014398509481984 8 0
refused "a copy to there" "Invalid argument" copy 0 0 8 18446744073709551615
refused "zeroes of a length that no device has" "Invalid argument" zero 0 18446744073709551615
refused "a discard of nothing" "Invalid argument" discard 0 0
refused "pages with more than there is memory" "Invalid argument" move 0 0 0 65537
refused "a length that is not in sectors" "Invalid argument" move 0 0 0 513
refused "none at all" "Invalid argument" move 0 0 0 0
refused "a number that is none" "Invalid argument" move 0 0 0 ten
refused "reading beyond the end fails" "Input/output error" move 0 2097152 0 4096
same "reading with flags that do not fit a read is refused: preflush, FUA" 2 "$(say wrong)"
same "copying from beyond the end fails" "unread $none" "$(say copy 0 2097150 8 0)"
same "copying to beyond the end fails on both others" "read 11000000" "$(say copy 0 0 8 2097150)"
same "writing to beyond the end fails on all" 11100000 "$(say move 0 0 2097150 4096)"
say rash
fails_with "a bio that map itself would send to several devices fails at once" \
    "Input/output error" dd if=/dev/mapper/ours of=/dev/null bs=4k count=1 iflag=direct status=none
holds "as refused" [ "$(counted refused)" -ge 1 ]
say careful
same "and the next one does not" "$(place /dev/nullb0 0 8)" "$(place /dev/mapper/ours 0 8)"
holds "and each bio came back once" soon settled
gone ours
make /dev/apusnull0
refused "what is not in a device's blocks cannot be copied" "Invalid argument" copy 0 1 8 8
refused "nor be read" "Invalid argument" move 0 4 8 4096
refused "nor be written" "Invalid argument" move 0 8 4 4096
refused "nor half of one" "Invalid argument" move 0 8 8 2048
refused "nor be zeroed" "Invalid argument" zero 8 4
refused "a copy to nowhere cannot be made" "Invalid argument" copy 0 8 8 16
same "what is can be read and written" "$none" "$(say move 0 8 16 8192)"
gone ours

# --- Devices that fail ---
dmsetup create bad --table "0 $sectors error"
make /dev/nullb0 /dev/mapper/bad /dev/nullb2
same "what one of them cannot write is written" "" \
    "$(dd if=/dev/urandom of=/dev/mapper/ours bs=64k count=4 oflag=direct status=none 2>&1)"
same "to the others" "$(place /dev/nullb0 0 512)" "$(place /dev/nullb2 0 512)"
holds "with failures that are counted" [ "$(counted failed)" -ge 4 ]
same "a copy says which one failed" "read 10000000" "$(say copy 0 0 8 8)"
same "and where it goes on" "read 10000000" "$(say copy 0 0 5000 9000 ignore)"
same "is all on the other" "$(place /dev/nullb0 0 5000)" "$(place /dev/nullb2 9000 5000)"
same "a copy that cannot be read says so" "unread $none" "$(say copy 1 0 8 8)"
same "a write says which one failed" 01000000 "$(say move 0 0 8 4096)"
refused "a read fails" "Input/output error" move 1 0 8 4096
gone ours
make /dev/mapper/bad /dev/nullb2
same "what the first cannot read is read from the next" "$(place /dev/nullb2 0 512)" \
    "$(place /dev/mapper/ours 0 512)"
gone ours
make /dev/mapper/bad /dev/mapper/bad
fails_with "what none can read fails" "Input/output error" dd if=/dev/mapper/ours of=/dev/null \
    bs=4k count=1 iflag=direct status=none
fails_with "what none can write too" "Input/output error" dd if=/dev/zero of=/dev/mapper/ours \
    bs=4k count=1 oflag=direct status=none
gone ours bad
nine=
for _ in 1 2 3 4 5 6 7 8 9; do nine="$nine /dev/nullb0"; done
make "$nine"
fails_with "more than eight places cannot be" "Input/output error" dd if=/dev/zero \
    of=/dev/mapper/ours bs=4k count=1 oflag=direct status=none
refused "with an error that says so" "No space left" zero 0 8
same "eight can" "read $none" "$(say copy 0 8 8 16)"
gone ours

# --- Lower devices that divide bios, or have large blocks or integrity data ---
# The target does not support zones.
for kind in $odd_kinds; do
    if ! beneath "$kind"; then
        skip "copies are made over $kind" "this kernel has none"
        continue
    fi
    dmsetup create ours --table "0 16384 apus-copies $one $two"
    reads_back "over $kind, what is written to two devices reads back as it was"
    # A block that crosses a page boundary is refused, because dm-io might divide it there.
    same "also from memory with gaps" "8 8 True" "$(gaps ours 4096)"
    same "and is on both" "$(place "$one" 0 2048)" "$(place "$two" 0 2048)"
    same "a copy of it is made" "read $none" "$(say copy 0 8 2000 8192)"
    same "as it was" "$(place "$one" 8 2000)" "$(place "$two" 8192 2000)"
    same "pages are read and written" "$none" "$(say move 1 64 12288 65536)"
    same "memory from vmalloc too" "$none" "$(say vmove 0 512 13000 524288)"
    same "on both" "$(place "$one" 64 128) $(place "$one" 512 1024)" \
        "$(place "$two" 12288 128) $(place "$two" 13000 1024)"
    holds "and each bio came back once" soon settled
    same "without a failure" "0 0" "$(counted failed) $(counted refused)"
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
holds "a target ends with copies under way, and a prepared call that is kept" gone ours
same "when they have been made" "$(place /dev/nullb0 0 65536)" "$(place /dev/nullb1 0 65536)"
same "and both of them" "$(place /dev/nullb0 0 65536)" "$(place /dev/nullb1 65536 65536)"
gone slow0 slow1
# A copy that takes longer than any timeout of the kernel: the target's destructor waits for it. The
# debug kernel alone tests this, because one run is enough and its runs take long anyway.
case $(uname -r) in
*-debug)
    dmsetup create slow1 --table "0 $sectors apus-delay /dev/nullb1 0 0 /dev/nullb1 0 40000"
    make /dev/nullb0 /dev/mapper/slow1
    say start 0 4096 8 120000
    holds "a target waits for a copy, however long it takes" gone ours
    same "and it has been made" "$(place /dev/nullb0 4096 8)" "$(place /dev/nullb1 120000 8)"
    gone slow1
    ;;
esac
same "nobody holds the devices" "0 0 0" \
    "$(opened /dev/nullb0) $(opened /dev/nullb1) $(opened /dev/nullb2)"
unloads apus_dm_copies nothing
rmmod apus_delay apus_null
