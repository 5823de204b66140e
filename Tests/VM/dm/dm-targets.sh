#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Device mapper: apus-striped, apus-delay, apus-flakey and apus-dust, compared with the kernel's own
# targets if the kernel has them.
# apus: memory=1024 cpus=1 timeout=400 files=dm-lib.sh
# differs: the kernel's own targets
. ./lib.sh
# shellcheck source=dm-lib.sh
. ./dm-lib.sh
case $(uname -r) in 6.1.*) is_old=1 ;; *) is_old= ;; esac

modprobe null_blk nr_devices=3 gb=1 memory_backed=1 discard=1
a=/dev/nullb0 b=/dev/nullb1 c=/dev/nullb2

# read_of NAME COUNT: the digest of the first MiBs of a mapped device.
read_of() { dd if="/dev/mapper/$1" bs=1M count="$2" iflag=direct status=none | digest; }
# error_of COMMAND…: the error message of a command that fails, without names.
error_of() { "$@" 2>&1 | head -n 1 | sed 's/theirs/ours/g; s/apus-//g'; }
# both KIND ARGUMENTS LENGTH: a device with the kernel's target, and one with ours.
both() {
    dmsetup create theirs --table "0 $3 $1 $2"
    holds "apus-$1 accepts '$2'" dmsetup create ours --table "0 $3 apus-$1 $2"
    for what in table status; do
        same "its $what is the same as that of $1" "$(dmsetup $what theirs)" \
            "$(plain "$(dmsetup $what ours)")"
    done
}

# --- striped ---
both striped "3 24 $a 0 $b 4096 $c 8192" 73728
# shellcheck disable=SC2046
same_limits "the queue limits of apus-striped are those of striped" theirs ours \
    $([ $is_old ] && echo chunk_sectors)
dd if=/dev/urandom of=/dev/mapper/theirs bs=1M count=36 oflag=direct status=none
same "apus-striped reads the same data as striped" "$(read_of theirs 36)" "$(read_of ours 36)"
run_fio verified --filename=/dev/mapper/ours --rw=randrw --bsrange=4k-64k --direct=1 \
    --ioengine=io_uring --iodepth=16 --size=8m --verify=crc32c
same "fio verifies random writes to apus-striped" "0 0" "$fio_status $fio_error"
same "striped reads the data that was written through apus-striped" \
    "$(read_of theirs 36)" "$(read_of ours 36)"
# A discard of a part of the device, at different places, has the same effect on both devices.
for range in "0 12288" "512 512" "12288 24576" "4096 61440" "65536 1048576" "11776 2048" \
    "36352 37376"; do
    dd if=/dev/urandom of=/dev/mapper/theirs bs=1M count=3 oflag=direct status=none
    dd if=/dev/mapper/theirs of=/tmp/before bs=1M count=3 iflag=direct status=none
    # shellcheck disable=SC2086
    set -- $range
    blkdiscard -o "$1" -l "$2" /dev/mapper/theirs
    theirs=$(read_of theirs 3)
    dd if=/tmp/before of=/dev/mapper/theirs bs=1M oflag=direct status=none
    blkdiscard -o "$1" -l "$2" /dev/mapper/ours
    same "a discard of $2 bytes at $1 has the same effect as with striped" \
        "$theirs" "$(read_of ours 3)"
done
gone ours theirs
alike striped "" 1 "x 8" "0 8" "2 0" "2 x" "4294967296 8" "3 8 $a 0 $b 0 $c 0" "2 24 $a 0 $b 0" \
    "2 16 $a 0" "2 16 $a 0 $b 0 $c 0" "2 16 $a 0 $b x" \
    "2 16 /dev/nothing 0 $b 0" "2 16 $a 0 /dev/nothing 0" "2 16 $a 0 $b 0" "1000000 1"
same "after the refused tables, no mapped device holds a lower device" \
    "0 0 0" "$(opened $a) $(opened $b) $(opened $c)"
dmsetup create broken --table "0 2048 apus-error"
dmsetup create ours --table "0 2048 apus-striped 2 8 $a 0 /dev/mapper/broken 0"
contains "the status of a new striped device marks all stripes as alive" \
    " 1 AA" "$(dmsetup status ours)"
event=$(dmsetup info -c --noheadings -o events ours)
dd if=/dev/mapper/ours of=/dev/null bs=64k count=1 iflag=direct 2> /dev/null
contains "after a read error, the status marks the stripe as failed" \
    " 1 AD" "$(dmsetup status ours)"
waits() { [ "$(dmsetup info -c --noheadings -o events ours)" -gt "$event" ]; }
holds "the read error increments the event counter of the device" soon waits
gone ours broken

# --- delay ---
both delay "$a 0 0" 32768
same_limits "the queue limits of apus-delay are those of delay" theirs ours
gone ours theirs
both delay "$a 0 100 $b 0 200" 32768
gone ours theirs
both delay "$a 8 1 $b 16 2 $c 24 3" 32768
same "with devices for reads and writes, apus-delay reads the first one" \
    "$(dd if=$a bs=4k skip=1 count=8 iflag=direct status=none | digest)" \
    "$(dd if=/dev/mapper/ours bs=4k count=8 iflag=direct status=none | digest)"
dd if=/dev/urandom of=/dev/mapper/ours bs=4k count=8 oflag=direct status=none
same "with devices for reads and writes, apus-delay writes to the second one" \
    "$(dd if=$b bs=8k skip=1 count=4 iflag=direct status=none | digest)" \
    "$(dd if=/dev/mapper/theirs of=/dev/null bs=4k count=1 iflag=direct status=none; dd if=$b bs=8k skip=1 count=4 iflag=direct status=none | digest)"
gone ours theirs
# Both bios are delayed for an hour. A suspension releases them.
dmsetup create ours --table "0 32768 apus-delay $a 0 3600000 $b 0 3600000"
for i in 1 2 3 4; do
    dd if=/dev/mapper/ours of=/tmp/read bs=4k count=1 skip=$i iflag=direct status=none &
done
dd if=/dev/urandom of=/dev/mapper/ours bs=4k count=1 oflag=direct status=none &
kept() { [ "$(dmsetup status ours)" = "0 32768 apus-delay $1" ]; }
holds "with a delay of an hour, the status counts four reads and a write" soon kept "4 1 0"
holds "a suspension ends within 30 seconds although bios are delayed" \
    timeout 30 dmsetup suspend ours
wait
same "after the suspension, no bio is delayed" "0 32768 apus-delay 0 0 0" "$(dmsetup status ours)"
dmsetup resume ours
dd if=/dev/mapper/ours of=/tmp/read bs=4k count=1 iflag=direct status=none &
holds "after the resumption, a read is delayed again" soon kept "1 0 0"
# The removal waits for the process that has the device open, and not for the delay of an hour.
dmsetup suspend ours
dmsetup resume ours
wait
gone ours
dmsetup create ours --table "0 32768 apus-delay $a 0 20"
begin=$(date +%s%N)
for i in 1 2 3 4 5; do
    dd if=/dev/mapper/ours of=/dev/null bs=4k count=1 skip=$i iflag=direct status=none
done
between "five sequential reads take at least five times the delay" 100 100000000 \
    $((($(date +%s%N) - begin) / 1000000)) ms
run_fio verified --filename=/dev/mapper/ours --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=64 --size=2m --verify=crc32c
same "fio verifies data on apus-delay" "0 0" "$fio_status $fio_error"
gone ours
alike delay "" "$a 0" "$a 0 1 $b 0" "$a x 1" "$a 0 x" "/dev/nothing 0 1" "$a 0 1 /dev/nothing 0 1" \
    "$a 0 1 $b 0 x" "$a 0 1 $b 0 1 $c x 1" "$a 0 1 $b 0 1 $c 0 1"

same "a delay that does not fit 32 bits is refused with EINVAL" "delay: Invalid delay (-EINVAL)" \
    "$(refusal "0 2048 apus-delay $a 0 4294967296")"

# --- flakey ---
if [ ! $is_old ]; then
    for features in "" "0" "1 error_reads" "1 drop_writes" "1 error_writes" \
        "2 error_reads drop_writes" "5 corrupt_bio_byte 32 r 1 0" "5 corrupt_bio_byte 224 w 0 32" \
        "2 random_read_corrupt 1000000000" "2 random_write_corrupt 1" \
        "5 CORRUPT_BIO_BYTE 1 W 255 0" "7 corrupt_bio_byte 1 r 2 0 random_read_corrupt 1"; do
        both flakey "$a 8 10 20 $features" 32768
        gone ours theirs
    done
    alike flakey "$a 0 1 1 12" "$a 0 1 1 1" "$a 0 1 1 x" "$a 0 1 1 1 other" \
        "$a 0 1 1 2 drop_writes drop_writes" "$a 0 1 1 2 drop_writes error_writes" \
        "$a 0 1 1 2 error_writes drop_writes" "$a 0 1 1 2 error_reads error_reads" \
        "$a 0 1 1 2 error_writes error_writes" "$a 0 1 1 1 corrupt_bio_byte" \
        "$a 0 1 1 5 corrupt_bio_byte 0 r 1 0" "$a 0 1 1 5 corrupt_bio_byte 1 x 1 0" \
        "$a 0 1 1 5 corrupt_bio_byte 1 r 256 0" "$a 0 1 1 5 corrupt_bio_byte 1 r 1 x" \
        "$a 0 1 1 6 drop_writes corrupt_bio_byte 1 w 1 0" \
        "$a 0 1 1 6 error_writes corrupt_bio_byte 1 w 1 0" "$a 0 1 1 1 random_read_corrupt" \
        "$a 0 1 1 2 random_write_corrupt 1000000001"
fi
alike flakey "" "$a 0 1" "$a x 1 1" "$a 0 x 1" "$a 0 0 0" "$a 0 -1 1" "/dev/nothing 0 1 1"
# The kernel's own flakey names the wrong interval, and does not notice the overflow.
same "a wrong down interval is refused with a message that names it" \
    "flakey: Invalid down interval (-EINVAL)" "$(refusal "0 2048 apus-flakey $a 0 1 x")"
same "intervals whose sum does not fit 32 bits are refused with EINVAL" \
    "flakey: Interval overflow (-EINVAL)" "$(refusal "0 2048 apus-flakey $a 0 4294967295 1")"
# The kernel's own flakey reads words beyond the feature arguments.
for features in "3 corrupt_bio_byte 1 w 1 0" "1 corrupt_bio_byte 1 w 1 0" \
    "4 corrupt_bio_byte 1 w 1 0"; do
    contains "features that end within their arguments are refused with EINVAL ($features)" \
        "(-EINVAL)" "$(refusal "0 2048 apus-flakey $a 0 0 1 $features")"
done
same "after the refused tables, no mapped device holds a lower device" \
    "0 0 0" "$(opened $a) $(opened $b) $(opened $c)"
# An up interval of 0: down from the start.
down() { dmsetup create ours --table "0 32768 apus-flakey $a 0 0 3600 $1"; }
head -c 65536 /dev/zero | tr '\0' a > /tmp/letters
dd if=/tmp/letters of=$a bs=64k oflag=direct status=none
dmsetup create ours --table "0 32768 apus-flakey $a 0 3600 0"
same "apus-flakey reads the data in its up interval" "$(digest < /tmp/letters)" \
    "$(dd if=/dev/mapper/ours bs=64k count=1 iflag=direct status=none | digest)"
gone ours
down ""
contains "apus-flakey fails reads with EIO in its down interval" "Input/output error" \
    "$(error_of dd if=/dev/mapper/ours of=/dev/null bs=4k count=1 iflag=direct)"
contains "apus-flakey fails writes with EIO in its down interval" "Input/output error" \
    "$(error_of dd of=/dev/mapper/ours if=/dev/zero bs=4k count=1 oflag=direct)"
gone ours
down "1 error_writes"
same "error_writes: a read returns the data" "$(digest < /tmp/letters)" \
    "$(dd if=/dev/mapper/ours bs=64k count=1 iflag=direct status=none | digest)"
contains "error_writes: a write fails with EIO" "Input/output error" \
    "$(error_of dd of=/dev/mapper/ours if=/dev/zero bs=4k count=1 oflag=direct)"
gone ours
down "1 drop_writes"
holds "drop_writes: a write succeeds" dd of=/dev/mapper/ours if=/dev/zero bs=4k count=1 oflag=direct
same "drop_writes: the lower device is unchanged" "$(digest < /tmp/letters)" \
    "$(dd if=$a bs=64k count=1 iflag=direct status=none | digest)"
gone ours
down "5 corrupt_bio_byte 5000 r 66 0"
dd if=/dev/mapper/ours of=/tmp/read bs=64k count=1 iflag=direct status=none
same "corrupt_bio_byte changes only the given byte of a read" "5000 141 102" \
    "$(cmp -l /tmp/letters /tmp/read | tr -s ' ' | sed 's/^ //')"
gone ours
down "5 corrupt_bio_byte 5000 w 66 0"
dd if=/tmp/letters of=/tmp/copy bs=64k status=none
dd if=/tmp/copy of=/dev/mapper/ours bs=64k oflag=direct status=none
dd if=$a of=/tmp/read bs=64k count=1 iflag=direct status=none
same "corrupt_bio_byte changes only the given byte of a write" \
    "5000 141 102" "$(cmp -l /tmp/letters /tmp/read | tr -s ' ' | sed 's/^ //')"
same "corrupt_bio_byte does not change the memory of the write" \
    "$(digest < /tmp/letters)" "$(digest < /tmp/copy)"
gone ours
dd if=/tmp/letters of=$a bs=64k oflag=direct status=none
down "2 random_read_corrupt 1000000000"
dd if=/dev/mapper/ours of=/tmp/read bs=64k count=1 iflag=direct status=none
between "random_read_corrupt changes at most one byte of a read" 0 1 \
    "$(cmp -l /tmp/letters /tmp/read | wc -l)" bytes
dd if=/dev/mapper/ours of=/tmp/read bs=512 count=128 iflag=direct status=none
between "random_read_corrupt changes most of 128 reads" \
    100 128 "$(cmp -l /tmp/letters /tmp/read | wc -l)" bytes
gone ours

# --- dust: the behaviour that Documentation/admin-guide/device-mapper/dm-dust.rst describes ---
dd if=/tmp/letters of=$a bs=64k oflag=direct status=none
dmsetup create ours --table "0 32768 apus-dust $a 0 512"
number=$(cat /sys/block/nullb0/dev)
same "a new apus-dust device is in bypass mode" "0 32768 apus-dust $number bypass verbose" \
    "$(dmsetup status ours)"
same "the table of apus-dust is the line that made it" \
    "0 32768 apus-dust $number 0 512" "$(dmsetup table ours)"
say() { dmsetup message ours 0 "$@" 2>&1; }
for block in 60 67 72; do
    holds "the message addbadblock $block succeeds" say addbadblock $block
done
same "queryblock finds a block that was added" \
    "dust_query_block: block 72 found in badblocklist" "$(say queryblock 72)"
same "queryblock does not find another block" \
    "dust_query_block: block 73 not found in badblocklist" "$(say QueryBlock 73)"
same "countbadblocks counts the three blocks" \
    "countbadblocks: 3 badblock(s) found" "$(say countbadblocks)"
same "listbadblocks lists the three blocks" \
    "60 67 72" "$(say listbadblocks | tr '\n' ' ' | sed 's/ $//')"
holds "before enable, a read of a bad block succeeds" \
    dd if=/dev/mapper/ours of=/dev/null bs=512 skip=67 count=1 iflag=direct
holds "the message enable succeeds" say enable
same "after enable, the status is fail_read_on_bad_block" \
    "0 32768 apus-dust $number fail_read_on_bad_block verbose" "$(dmsetup status ours)"
contains "after enable, a read of a bad block fails with EIO" "Input/output error" \
    "$(error_of dd if=/dev/mapper/ours of=/dev/null bs=512 skip=67 count=1 iflag=direct)"
holds "a read of the block behind the bad one succeeds" \
    dd if=/dev/mapper/ours of=/dev/null bs=512 skip=68 count=1 iflag=direct
holds "a write to the bad block succeeds" \
    dd if=/dev/zero of=/dev/mapper/ours bs=512 seek=67 count=1 oflag=direct
holds "after the write, a read of the block succeeds" \
    dd if=/dev/mapper/ours of=/dev/null bs=512 skip=67 count=1 iflag=direct
same "the write removes the block from the bad blocks" \
    "countbadblocks: 2 badblock(s) found" "$(say countbadblocks)"
holds "the message removebadblock succeeds" say removebadblock 60
fails_with "removebadblock of a block that is not bad fails with EINVAL" \
    "Invalid argument" say removebadblock 60
fails_with "addbadblock of a block that is bad fails with EINVAL" \
    "Invalid argument" say addbadblock 72
holds "addbadblock with a number of failing writes succeeds" say addbadblock 80 2
for i in 1 2; do
    contains "write $i to this block fails with EIO" "Input/output error" \
        "$(error_of dd if=/dev/zero of=/dev/mapper/ours bs=512 seek=80 count=1 oflag=direct)"
done
holds "write 3 to this block succeeds" \
    dd if=/dev/zero of=/dev/mapper/ours bs=512 seek=80 count=1 oflag=direct
holds "the message quiet succeeds" say quiet
contains "after quiet, the status is quiet" quiet "$(dmsetup status ours)"
mark_log
holds "after quiet, addbadblock succeeds" say addbadblock 90
same "after quiet, addbadblock logs nothing" "" "$(new_log)"
for i in $(seq 1000 1300); do dmsetup message ours 0 addbadblock "$i"; done
same "listbadblocks lists all of 303 blocks" 303 "$(say listbadblocks | wc -l)"
same "clearbadblocks removes the bad blocks" \
    "dust_clear_badblocks: badblocks cleared" "$(say clearbadblocks)"
same "a second clearbadblocks finds no bad block" \
    "dust_clear_badblocks: no badblocks found" "$(say clearbadblocks)"
same "listbadblocks of an empty list says so" "No blocks in badblocklist" "$(say listbadblocks)"
for message in addbadblock "addbadblock x" "addbadblock 18446744073709551616" "addbadblock 1 256" \
    "addbadblock 9999999" "queryblock 1 1" "nonsense" "nonsense 1" \
    "addbadblock 1 2 3" "enable 1"; do
    # shellcheck disable=SC2086
    fails_with "the message '$message' is refused" "Invalid argument" say $message
done
gone ours
# dust_refusal ARGUMENTS TEXT: the text with which apus-dust refuses the arguments.
dust_refusal() { same "apus-dust refuses '$1' with the kernel's message" \
    "$2" "$(refusal "0 2048 apus-dust $1")"; }
dust_refusal "$a 0" "dust: Invalid argument count (-EINVAL)"
dust_refusal "$a 0 x" "dust: Invalid block size parameter (-EINVAL)"
dust_refusal "$a 0 0" "dust: Invalid block size parameter (-EINVAL)"
dust_refusal "$a 0 256" "dust: Block size must be at least 512 (-EINVAL)"
dust_refusal "$a 0 1536" "dust: Block size must be a power of 2 (-EINVAL)"
dust_refusal "$a 0 2097152" "dust: Block size is too large (-EINVAL)"
dust_refusal "$a x 512" "dust: Invalid device offset sector (-EINVAL)"
dust_refusal "/dev/nothing 0 512" "dust: Device lookup failed (-EINVAL)"

# --- Lower devices that divide bios, or have large blocks, integrity data or zones ---
dd if=/dev/urandom of=/tmp/data bs=64k count=4 status=none
# The first byte of fio's blocks is 202. "Corrupting" that byte to 202 changes nothing, but flakey
# sends a bio of its own for the write.
own="corrupt_bio_byte 1 w"
for kind in $odd_kinds $zoned_kind; do
    if ! beneath "$kind"; then
        skip "targets lie over $kind" "this kernel has none"
        continue
    fi
    # apus-delay does not support zones, like the kernel's delay.
    if [ "$kind" = "$zoned_kind" ]; then first="linear $one 0"; else first="delay $one 0 1"; fi
    for line in "$first" "flakey $one 0 3600 0" "flakey $one 0 0 3600 5 $own 202 0"; do
        dmsetup create ours --table "0 16384 apus-$line"
        reads_back "over $kind, fio verifies data on apus-$line" --verify_interval=4096
        same "a bio whose memory has gaps is written and read correctly" "8 8 True" "$(gaps ours)"
        gone ours
    done
    dmsetup create ours --table "0 16384 apus-flakey $one 0 0 3600 5 $own 66 0"
    # At 6 MiB there is a sequential zone, if the device has zones.
    dd if=/tmp/data of=/dev/mapper/ours bs=64k seek=96 oflag=direct conv=notrunc status=none
    dd if="$one" of=/tmp/read bs=64k skip=96 count=4 iflag=direct status=none
    same "corrupt_bio_byte changes only the given byte of each of four writes" "4 1 102" \
        "$(cmp -l /tmp/data /tmp/read | awk '{ print $1 % 65536, $3 }' | uniq -c | tr -s ' ' |
            sed 's/^ //')"
    gone ours
    unbeneath "$kind"
done

same "after the removal, no mapped device holds the lower devices" \
    "0 0 0" "$(opened $a) $(opened $b) $(opened $c)"
for kind in linear striped delay flakey dust; do unloads apus_$kind nothing; done
