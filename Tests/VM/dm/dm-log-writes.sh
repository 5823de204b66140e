#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Device mapper: apus-log-writes, whose log is the same as that of the kernel's log-writes, and
# replays to a clean file system.
# apus: memory=1024 cpus=1 timeout=300 files=dm-lib.sh
# differs: the kernel's own log-writes
. ./lib.sh
# shellcheck source=dm-lib.sh
. ./dm-lib.sh

modprobe null_blk nr_devices=4 gb=1 memory_backed=1 discard=1
data=/dev/nullb0 log=/dev/nullb1 log2=/dev/nullb2 replay=/dev/nullb3

# number DEVICE BYTE COUNT: a number in the log.
number() { od -A n -t u8 -j "$2" -N 8 "$1" | tr -d ' '; }
# begin_replay DEVICE, replay_to DEVICE MARK: replays the log, from where the last call ended up to
# a mark.
begin_replay() {
    block=$(od -A n -t u4 -j 24 -N 4 "$1" | tr -d ' ')
    place=$block left=$(number "$1" 16)
    blkdiscard -f "$replay"
}
replay_to() {
    local sector count flags length text
    while [ "$left" -gt 0 ]; do
        read -r sector count flags length < <(od -A n -t u8 -w32 -j $place -N 32 "$1")
        left=$((left - 1))
        if [ $((flags & 8)) != 0 ]; then
            text=$(dd if="$1" bs=1 skip=$((place + 32)) count="$length" status=none)
            place=$((place + block))
            if [ "$text" = "$2" ]; then return 0; fi
            continue
        fi
        place=$((place + block))
        if [ $((flags & 4)) != 0 ]; then
            blkdiscard -o $((sector * block)) -l $((count * block)) "$replay"
        elif [ "$count" != 0 ]; then
            dd if="$1" of="$replay" bs="$block" skip=$((place / block)) seek="$sector" \
                count="$count" conv=notrunc status=none
            place=$((place + count * block))
        fi
    done
    return 1
}
# text_of DEVICE SECTORS: the texts of the marks in the log.
text_of() {
    dd if="$1" bs=512 count="$2" status=none | tr -d '\0' |
        grep -a -o -E 'between|end|dm-log-writes-end' | tr '\n' ' '
}

# --- The same writes through both make the same log ---
# play NAME: the same few writes, flushes, discards and marks for each device.
play() {
    head -c 65536 /dev/zero | tr '\0' a |
        dd of="/dev/mapper/$1" bs=64k iflag=fullblock oflag=direct status=none
    head -c 4096 /dev/zero | tr '\0' b |
        dd of="/dev/mapper/$1" bs=4k seek=3 oflag=direct,sync status=none conv=notrunc
    dmsetup message "$1" 0 mark between
    head -c 1024 /dev/zero | tr '\0' c |
        dd of="/dev/mapper/$1" bs=512 seek=9 oflag=direct status=none conv=notrunc
    blkdiscard -o 65536 -l 8192 "/dev/mapper/$1"
    head -c 1048576 /dev/zero | tr '\0' d |
        dd of="/dev/mapper/$1" bs=1M iflag=fullblock oflag=direct status=none conv=notrunc,fsync
    dmsetup message "$1" 0 MARK end
    head -c 512 /dev/zero | tr '\0' e |
        dd of="/dev/mapper/$1" bs=512 oflag=direct status=none conv=notrunc
}
dmsetup create theirs --table "0 131072 log-writes $data $log"
holds "a table of apus-log-writes is loaded" dmsetup create ours \
    --table "0 131072 apus-log-writes $data $log2"
same_limits "the queue limits of apus-log-writes are those of log-writes" theirs ours
same "the table of apus-log-writes is that of log-writes" \
    "$(dmsetup table theirs | cut -d ' ' -f 1-4)" \
    "$(plain "$(dmsetup table ours)" | cut -d ' ' -f 1-4)"
play theirs
play ours
next=$(dmsetup status ours | cut -d ' ' -f 5)
same "the status of apus-log-writes is that of log-writes after the same writes" \
    "$(dmsetup status theirs)" "$(plain "$(dmsetup status ours)")"
gone theirs ours
# Behind these sectors are the last write, its data, and the mark that the target writes at its end.
sectors=$((next + 4))
same "the logs of both targets have the same magic number" "$(number $log 0)" "$(number $log2 0)"
same "the logs of both targets have the same version and block size" \
    "$(number $log 8) $(od -A n -t u4 -j 24 -N 4 $log)" \
    "$(number $log2 8) $(od -A n -t u4 -j 24 -N 4 $log2)"
same "the logs of both targets have the same number of entries" \
    "$(number $log 16)" "$(number $log2 16)"
same "the logs of both targets are the same, byte by byte" \
    "$(dd if=$log bs=512 count="$sectors" status=none | digest)" \
    "$(dd if=$log2 bs=512 count="$sectors" status=none | digest)"
same "the log has both marks and the mark of its end" \
    "between end dm-log-writes-end " "$(text_of $log2 "$sectors")"

# --- A file system, replayed up to each mark ---
blkdiscard $log2
dmsetup create ours --table "0 65536 apus-log-writes $data $log2"
mkfs.ext4 -q -F /dev/mapper/ours
dmsetup message ours 0 mark made
mkdir -p /tmp/mounted
mount /dev/mapper/ours /tmp/mounted
for turn in 1 2 3; do
    head -c 300000 /dev/urandom > "/tmp/mounted/file$turn"
    sync "/tmp/mounted/file$turn"
    digest < "/tmp/mounted/file$turn" > "/tmp/digest$turn"
    dmsetup message ours 0 mark "written$turn"
done
umount /tmp/mounted
gone ours
begin_replay $log2
for turn in made written1 written3; do
    replay_to $log2 $turn || fail "the log has the mark '$turn'" "it has not"
    dd if=$replay of=$data bs=1M count=32 status=none
    fsck.ext4 -p $data > /tmp/fsck 2>&1
    holds "at the mark '$turn', fsck.ext4 finds no error after the journal replay" \
        fsck.ext4 -f -n $data
    if [ $turn != made ]; then
        mount -o ro $data /tmp/mounted
        same "at that mark, the file that was synced has its data" \
            "$(cat "/tmp/digest${turn#written}")" "$(digest < "/tmp/mounted/file${turn#written}")"
        umount /tmp/mounted
    fi
done

# --- Both devices divide bios, or have large blocks or integrity data ---
# The target does not support zones.
for kind in $odd_kinds; do
    if ! beneath "$kind"; then
        skip "a log lies over $kind" "this kernel has none"
        continue
    fi
    dmsetup create ours --table "0 16384 apus-log-writes $one $two"
    reads_back "over $kind, fio verifies its data" --rw=randwrite --size=512k
    same "a bio whose memory has gaps is written and read correctly" "8 8 True" "$(gaps ours)"
    writes=$(awk '{ print $5 }' "$(sysfs ours)/stat")
    gone ours
    begin_replay "$two"
    holds "the log can be replayed up to the mark of its end" replay_to "$two" dm-log-writes-end
    same "the log has an entry for each write, and one for the mark" \
        $((writes + 1)) "$(number "$two" 16)"
    same "the replay of the log gives the data of the device" \
        "$(dd if="$one" bs=64k count=8 iflag=direct status=none | digest)" \
        "$(dd if=$replay bs=64k count=8 status=none | digest)"
    unbeneath "$kind"
done

# --- Tables and messages that are refused ---
alike log-writes "" "$data" "/dev/nothing $log" "$data /dev/nothing"
dmsetup create ours --table "0 2048 apus-log-writes $data $log"
for message in mark "mark a b" "nonsense a"; do
    # shellcheck disable=SC2086
    fails_with "the message '$message' is refused" "Invalid argument" dmsetup message ours 0 \
        $message
done
gone ours
dmsetup create small --table "0 64 linear $log 0"
dmsetup create ours --table "0 2048 apus-log-writes $data /dev/mapper/small"
dd if=/dev/zero of=/dev/mapper/ours bs=64k count=1 oflag=direct,sync status=none
disabled() { case $(dmsetup status ours) in *logging_disabled) ;; *) return 1 ;; esac }
holds "a full log disables logging" soon disabled
holds "with logging disabled, writes succeed" \
    dd if=/dev/zero of=/dev/mapper/ours bs=64k count=1 oflag=direct,sync
gone ours small
same "after the removal, no mapped device holds the lower devices" \
    "0 0" "$(opened $data) $(opened $log)"
unloads apus_log_writes nothing
