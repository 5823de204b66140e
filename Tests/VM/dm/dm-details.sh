#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Device mapper: the flushes, FUA writes, ioctls and zone reports that lower devices get, the queue
# limits of several devices, the intervals and features of flakey, and the place of dust's blocks.
# apus: memory=1024 cpus=1 timeout=400 files=dm-lib.sh,log.pl
# differs: the limits of a table, reports of zones and ioctls
. ./lib.sh
# shellcheck source=dm-lib.sh
. ./dm-lib.sh
case $(uname -r) in 6.1.*) is_old=1 ;; *) is_old= ;; esac

modprobe null_blk nr_devices=4 gb=1 memory_backed=1 discard=1 cache_size=4
modprobe brd rd_nr=1 rd_size=65536
a=/dev/nullb0 b=/dev/nullb1

# large DEVICE [BYTE]: writes 2 MiB of the letter a, and flushes. The memory is one huge page, so
# the write is one bio.
echo 8 > /proc/sys/vm/nr_hugepages
same "the kernel has huge pages" 8 "$(cat /proc/sys/vm/nr_hugepages)"
large() {
    fio --name=large --filename="$1" --offset="${2:-0}" --rw=write --bs=2m --size=2m --direct=1 \
        --mem=mmaphuge --buffer_pattern=0x61 --end_fsync=1 --ioengine=psync \
        > /tmp/fio 2>&1 || tail -n 3 /tmp/fio
}

# --- Writes, flushes and FUA writes, as the lower devices see them ---
# seen KIND ARGUMENTS: what two devices received, as the kernel's log-writes records it.
seen() {
    dmsetup create below0 --table "0 65536 log-writes $a /dev/nullb2"
    dmsetup create below1 --table "0 65536 log-writes $b /dev/nullb3"
    dmsetup create seen --table "0 32768 $1 $2"
    {
        dd if=/dev/zero of=/dev/mapper/seen bs=8k count=2 oflag=direct conv=notrunc,fsync
        dd if=/dev/zero of=/dev/mapper/seen bs=4k seek=5 count=1 oflag=direct,dsync conv=notrunc
        dd if=/dev/zero of=/dev/mapper/seen bs=64k seek=1 count=2 oflag=direct \
            conv=notrunc,fdatasync
        blkdiscard -o 65536 -l 65536 /dev/mapper/seen
    } 2> /dev/null
    gone seen
    for number in 0 1; do
        dmsetup message below$number 0 mark end
        dmsetup remove below$number
        perl log.pl /dev/nullb$((number + 2)) | sort
    done
}
for line in "linear below0 8" "striped 2 8 below0 0 below1 16" "delay below0 0 1" \
    "delay below0 0 0 below1 8 2" "delay below0 0 0 below0 0 1 below1 8 2" \
    "flakey below0 8 3600 0" "dust below0 0 65536"; do
    line=${line//below//dev/mapper/below}
    kind=${line%% *}
    # This kernel has no dust target. For good blocks dust maps bios like linear, and none of these
    # bios crosses a block.
    case $kind in
    dust) theirs=$(seen linear "/dev/mapper/below0 0") ;;
    *) theirs=$(seen "$kind" "${line#* }") ;;
    esac
    ours=$(seen "apus-$kind" "${line#* }")
    same "apus-$line: the lower devices get the same bios as with ${kind/dust/linear}" \
        "$(printf '%s\n' "$theirs" | digest)" "$(printf '%s\n' "$ours" | digest)"
    diff <(printf '%s\n' "$theirs") <(printf '%s\n' "$ours") | sed 's/^/# /'
    between "the lower devices get at least two flushes" \
        2 100 "$(printf '%s\n' "$ours" | awk '$3 % 2 == 1' | wc -l)"
    between "the lower devices get FUA writes" 1 100 \
        "$(printf '%s\n' "$ours" | awk '$3 % 4 > 1' | wc -l)"
done
# One bio is one entry of the log, however long it is. There are three entries: the write, the flush
# after it, and the mark.
noted() { [ "$(dmsetup status large | cut -d ' ' -f 4)" -ge 3 ]; }
logged() {
    dmsetup create large --table "0 65536 $1 $a $2"
    large /dev/mapper/large
    dmsetup message large 0 mark end
    soon noted
    plain "$(dmsetup status large)"
    gone large
}
blkdiscard /dev/nullb2
blkdiscard /dev/nullb3
theirs=$(logged log-writes /dev/nullb2)
ours=$(logged apus-log-writes /dev/nullb3)
same "apus-log-writes counts a write of 2 MiB as log-writes does" "$theirs" "$ours"
same "a write of 2 MiB is one entry of the log" "0 4096 0" "$(perl log.pl /dev/nullb3 | head -n 1)"
same "the logs of both targets are the same, byte by byte" \
    "$(dd if=/dev/nullb2 bs=1M count=4 status=none | digest)" \
    "$(dd if=/dev/nullb3 bs=1M count=4 status=none | digest)"
# The flags that log-writes records for the writes of a file system, including the metadata flag.
dmsetup create ours --table "0 65536 apus-log-writes $a /dev/nullb2"
mkfs.ext4 -q -F /dev/mapper/ours
mkdir -p /tmp/mounted
mount /dev/mapper/ours /tmp/mounted
touch /tmp/mounted/file
umount /tmp/mounted
gone ours
for flag in 1:flushes 2:FUA 16:metadata; do
    between "the log of a file system has entries of the kind ${flag#*:}" 1 10000 \
        "$(perl log.pl /dev/nullb2 | awk -v flag="${flag%:*}" 'int($3 / flag) % 2' | wc -l)"
done
# A flush is delayed by the delay for flushes.
dmsetup create ours --table "0 32768 apus-delay $a 0 0 $a 0 0 $a 0 3600000"
dd if=/dev/zero of=/dev/mapper/ours bs=4k count=1 oflag=direct conv=notrunc,fsync status=none &
kept() { [ "$(dmsetup status ours)" = "0 32768 apus-delay $1" ]; }
holds "a flush waits if only flushes have a delay" soon kept "0 0 1"
holds "a read ends while the flush waits" \
    timeout 20 dd if=/dev/mapper/ours of=/dev/null bs=4k count=1 iflag=direct
same "after the read, the flush still waits" "0 32768 apus-delay 0 0 1" "$(dmsetup status ours)"
dmsetup suspend ours
dmsetup resume ours
wait
gone ours

# --- Limits of targets on different devices ---
dmsetup create wide --table "0 65536 striped 2 128 $a 0 $b 0"
for line in "striped 2 8 $a 0 /dev/ram0 0" "striped 2 16 /dev/ram0 0 $a 0" \
    "delay $a 0 1 /dev/ram0 0 1" "delay $a 0 1 $b 0 1 /dev/ram0 0 1" "delay /dev/ram0 0 1 $a 0 1" \
    "flakey $a 0 1 0" "flakey /dev/ram0 0 1 0" "log-writes /dev/ram0 $a" "log-writes $a /dev/ram0" \
    "log-writes /dev/mapper/wide $a" "dust $a 0 512" "dust /dev/ram0 0 4096"; do
    kind=${line%% *}
    # dust has the limits of linear.
    case $kind in
    dust) theirs="linear $(printf '%s\n' "$line" | cut -d ' ' -f 2-3)" ;;
    *) theirs=$line ;;
    esac
    dmsetup create theirs --table "0 16384 $theirs"
    dmsetup create ours --table "0 16384 apus-$line"
    without=
    # In 6.1 striped sets no chunk_sectors, and log-writes has no hardware limit for discards if it
    # does not pass them on.
    case $kind$is_old in
    striped1) without=chunk_sectors ;;
    log-writes1) without=discard_max_hw_bytes ;;
    esac
    # shellcheck disable=SC2086
    same_limits "apus-$line has the queue limits of ${theirs%% *}" theirs ours $without
    gone ours theirs
done
gone wide

# --- ioctls ---
# An ioctl of the lower device: LOOP_GET_STATUS64 of the loop device. The answer has the file's name
# at byte 56.
modprobe loop
truncate -s 16M /tmp/backing
loop=$(losetup -f --show /tmp/backing)
asked() {
    # shellcheck disable=SC2016
    "${@:2}" perl \
        -e 'open(F, "<", $ARGV[0]) or die "$!\n"; my $x = "\0" x 4096; ioctl(F, 0x4C05, $x) or die "$!\n"; print unpack("Z*", substr($x, 56)), "\n"' "$1" 2>&1
}
# Without CAP_SYS_RAWIO, which an ioctl on a part of a device requires.
powerless() { setpriv --bounding-set -sys_rawio --inh-caps -sys_rawio "$@"; }
modprobe apus_dm_hooks
for line in "32768 linear $loop 0" "16384 linear $loop 0" "8 linear $loop 16" \
    "32768 flakey $loop 0 1 0" "16384 flakey $loop 0 1 0" "32768 delay $loop 0 0" \
    "32768 log-writes $loop $b" "32768 dust $loop 0 512" "16384 dust $loop 0 512"; do
    read -r length kind arguments <<< "$line"
    case $kind in dust) theirs="linear $loop 0" ;; *) theirs="$kind $arguments" ;; esac
    dmsetup create theirs --table "0 $length $theirs"
    dmsetup create ours --table "0 $length apus-$kind $arguments"
    same "an ioctl through $length of 32768 sectors has the same result with apus-$kind" \
        "$(asked /dev/mapper/theirs env) $(asked /dev/mapper/theirs powerless)" \
        "$(asked /dev/mapper/ours env) $(asked /dev/mapper/ours powerless)"
    gone ours theirs
done
dmsetup create ours --table "0 32768 apus-hooks $loop"
same "an ioctl is passed to the device that the target names" /tmp/backing \
    "$(asked /dev/mapper/ours env)"
dmsetup message ours 0 map 2
contains "an ioctl fails with ENOTTY if the target names no device" \
    "Inappropriate ioctl" "$(asked /dev/mapper/ours env)"
dmsetup message ours 0 refuse
contains "an ioctl fails with the ESHUTDOWN of the target" "after transport endpoint shutdown" \
    "$(asked /dev/mapper/ours env)"
dmsetup message ours 0 accept
gone ours
losetup -d "$loop"

# --- Zones ---
zoned=/sys/kernel/config/nullb/zoned
mkdir $zoned
for setting in size=64 memory_backed=1 zoned=1 zone_size=4 zone_nr_conv=2 power=1; do
    echo "${setting#*=}" > "$zoned/${setting%=*}"
done
# 6.1 names the device after its number.
for zones in /dev/nullb4 /dev/zoned; do if [ -b $zones ]; then break; fi; done
blkzone report "$zones" > /tmp/report
between "null_blk has a device with 16 zones" 16 16 "$(wc -l < /tmp/report)" zones
for line in "131072 linear $zones 0" "65536 linear $zones 16384" "131072 flakey $zones 0 1 0" \
    "65536 flakey $zones 32768 1 0" ${is_old:+-} "131072 error $zones 0"; do
    # The error target of 6.1 has no device.
    if [ "$line" = - ]; then break; fi
    read -r length kind arguments <<< "$line"
    dmsetup create theirs --table "0 $length $kind $arguments"
    holds "apus-$kind accepts $length sectors of a zoned device" dmsetup create ours \
        --table "0 $length apus-$kind $arguments"
    same "the mapped device has the zone model and the number of zones of the kernel's target" \
        "$(cat "$(sysfs theirs)/queue/zoned") $(cat "$(sysfs theirs)/queue/nr_zones")" \
        "$(cat "$(sysfs ours)/queue/zoned") $(cat "$(sysfs ours)/queue/nr_zones")"
    for offset in 0 8192 24576; do
        same "its zone report from sector $offset is that of $kind" \
            "$(blkzone report -o $offset /dev/mapper/theirs 2>&1 | sed s/theirs/ours/ | digest)" \
            "$(blkzone report -o $offset /dev/mapper/ours 2>&1 | digest)"
    done
    gone theirs
    if [ "$kind" = linear ]; then
        dd if=/dev/zero of=/dev/mapper/ours bs=4k seek=8192 count=1 oflag=direct,seek_bytes \
            conv=notrunc status=none 2> /dev/null
        dd if=/dev/zero of=/dev/mapper/ours bs=4k seek=16777216 count=3 oflag=direct,seek_bytes \
            conv=notrunc status=none
        contains "a write through apus-linear moves the write pointer" "wptr 0x000018" \
            "$(blkzone report -o 32768 -c 1 /dev/mapper/ours)"
        holds "a zone reset through apus-linear succeeds" \
            blkzone reset -o 32768 -c 1 /dev/mapper/ours
        contains "after the reset, the write pointer is at 0" \
            "wptr 0x000000" "$(blkzone report -o 32768 -c 1 /dev/mapper/ours)"
    fi
    gone ours
done
# One bio of 2 MiB, which could not be divided for a zone.
head -c 2097152 /dev/zero | tr '\0' a > /tmp/large
changed() {
    dd if="$1" bs=2M skip="$2" count=1 iflag=direct status=none | cmp -l /tmp/large - | head -n 20 |
        tr -s ' ' | sed 's/^ //'
}
for kind in flakey apus-flakey; do
    blkzone reset -o 16384 -c 1 "$zones"
    dmsetup create ours \
        --table "0 131072 $kind $zones 0 0 3600 5 corrupt_bio_byte 1500000 w 66 0"
    large /dev/mapper/ours 8388608
    gone ours
    same "$kind changes one byte of a write of 2 MiB to a zone" "1500000 141 102" \
        "$(changed "$zones" 4)"
done
rmdir $zoned

# --- The intervals and features of flakey ---
head -c 65536 /dev/zero | tr '\0' a > /tmp/letters
letters() { dd if=/tmp/letters of=$a bs=64k oflag=direct status=none; }
down() { dmsetup create ours --table "0 32768 apus-flakey $a 0 0 3600 $1"; }
read_one() { dd if=/dev/mapper/ours of=/dev/null bs=4k count=1 iflag=direct status=none; }
dmsetup create ours --table "0 32768 apus-flakey $a 0 1 1"
fails() { ! read_one; }
holds "apus-flakey with intervals of a second is up at first" soon read_one
holds "after the up interval, reads fail" soon fails
holds "after the down interval, reads succeed" soon read_one
gone ours
letters
down "1 error_reads"
fails_with "error_reads: a read fails with EIO" "Input/output error" read_one
holds "error_reads: a write succeeds" \
    dd if=/dev/zero of=/dev/mapper/ours bs=4k count=1 oflag=direct status=none
gone ours
same "error_reads: the lower device has the written data" "$(head -c 4096 /dev/zero | digest)" \
    "$(dd if=$a bs=4k count=1 iflag=direct status=none | digest)"
letters
down "2 error_reads drop_writes"
fails_with "error_reads and drop_writes: a read fails with EIO" "Input/output error" read_one
holds "error_reads and drop_writes: a write succeeds" \
    dd if=/dev/zero of=/dev/mapper/ours bs=4k count=1 oflag=direct status=none
gone ours
same "error_reads and drop_writes: the lower device is unchanged" \
    "$(head -c 4096 /tmp/letters | digest)" \
    "$(dd if=$a bs=4k count=1 iflag=direct status=none | digest)"
# A mask of bio flags. A direct read does not have the read-ahead flag (1 << 19). A direct write has
# the sync flag (1 << 11).
down "5 corrupt_bio_byte 1 r 66 524288"
same "corrupt_bio_byte does not change a read that lacks one of the flags" \
    "$(digest < /tmp/letters)" \
    "$(dd if=/dev/mapper/ours bs=64k count=1 iflag=direct status=none | digest)"
gone ours
# All writes have bit 0 set, because it is part of the operation.
for mask in 1 2048 526336; do
    letters
    down "5 corrupt_bio_byte 1 w 66 $mask"
    dd if=/tmp/letters of=/dev/mapper/ours bs=64k oflag=direct status=none
    gone ours
    dd if=$a of=/tmp/read bs=64k count=1 iflag=direct status=none
    same "corrupt_bio_byte with the mask $mask changes only direct writes that have all flags" \
        "$([ $mask = 526336 ] || echo 1 141 102)" \
        "$(cmp -l /tmp/letters /tmp/read | tr -s ' ' | sed 's/^ //')"
done
for byte in 5000 1500000 2097152 2097153; do
    for kind in flakey apus-flakey; do
        dd if=/dev/zero of=$a bs=1M count=2 oflag=direct conv=notrunc status=none
        dmsetup create ours --table "0 32768 $kind $a 0 0 3600 5 corrupt_bio_byte $byte w 66 0"
        large /dev/mapper/ours
        gone ours
        same "$kind changes only byte $byte of a write of 2 MiB" \
            "$([ $byte = 2097153 ] || echo $byte 141 102)" "$(changed $a 0)"
    done
done
printf '0 3072 linear %s 0\n3072 29696 error\n' $a | dmsetup create below0
for kind in flakey apus-flakey; do
    dd if=/dev/zero of=$a bs=1M count=2 oflag=direct conv=notrunc status=none
    dmsetup create ours \
        --table "0 32768 $kind /dev/mapper/below0 0 0 3600 5 corrupt_bio_byte 5000 w 66 0"
    large /dev/mapper/ours > /dev/null
    holds "with $kind, a write fails with EIO if a part of it fails" \
        grep -q "Input/output error: write" /tmp/fio
    gone ours
    same "the part before the failure has the changed byte" "5000 141 102" \
        "$(changed $a 0 | awk '$1 <= 1048576')"
done
gone below0
letters
down "2 random_write_corrupt 1000000000"
dd if=/tmp/letters of=/dev/mapper/ours bs=512 count=128 oflag=direct status=none
gone ours
dd if=$a of=/tmp/read bs=64k count=1 iflag=direct status=none
between "random_write_corrupt changes a byte of most writes" 100 128 \
    "$(cmp -l /tmp/letters /tmp/read | wc -l)" bytes
same "random_write_corrupt does not change the writer's memory" "" "$(tr -d a < /tmp/letters)"

# --- dust counts its blocks from the start of the device, not of the target ---
letters
dmsetup create ours --table "0 64 apus-dust $a 32 1024"
dmsetup message ours 0 addbadblock 17
dmsetup message ours 0 enable
read_sector() {
    dd if=/dev/mapper/ours of=/dev/null bs=512 skip="$1" count=1 iflag=direct status=none
}
for sector in 2 3; do
    fails_with "a read of sector $sector, which is in the bad block, fails with EIO" \
        "Input/output error" read_sector $sector
done
for sector in 0 1 4 34; do
    holds "a read of sector $sector, which is not in the bad block, succeeds" read_sector $sector
done
dd if=/dev/zero of=/dev/mapper/ours bs=512 seek=2 count=2 oflag=direct status=none
same "a write to the bad block reaches the right sectors of the lower device" \
    "$(head -c 1024 /dev/zero | digest)" \
    "$(dd if=$a bs=512 skip=34 count=2 iflag=direct status=none | digest)"
holds "after the write, a read of the block succeeds" read_sector 2
dmsetup message ours 0 addbadblock 18
dmsetup message ours 0 disable
holds "after disable, a read of a bad block succeeds" read_sector 4
gone ours

same "after the removal, no mapped device holds the lower devices" \
    "0 0 0" "$(opened $a) $(opened $b) $(opened /dev/ram0)"
