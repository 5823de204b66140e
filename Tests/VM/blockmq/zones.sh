#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A disk with zones: reports, every zone operation, limits of open and active zones, appends. An
# error names the invalid value.
# apus: memory=768 cpus=2
# differs: how appends are emulated and writes to zones are ordered (plugged from 6.10 on)
. ./lib.sh

parameters=/sys/module/apus_disks/parameters
tell() { echo "$2" > "$parameters/$1"; }
count() { awk -v name="$1" '$1 == name { print $2 }' "$parameters/counts"; }
limit() { cat "/sys/block/apusdisk1/queue/$1"; }
disk=/dev/apusdisk1
# zone NUMBER: its write pointer, in sectors from its start, and its state.
zone() {
    blkzone report -o $(($1 * 8192)) -c 1 $disk |
        sed -n 's/.*wptr 0x\([0-9a-f]*\) .*zcond:[ 0-9]*(\(..\)).*/\1 \2/p' | {
        read -r pointer state
        echo "$((0x$pointer)) $state"
    }
}
write() { dd if=/dev/zero of=$disk bs=4096 seek="$1" count="$2" oflag=direct status=none; }

modprobe apus_disks simple=1

# --- Limits and reports ---
same "the disk is host-managed" host-managed "$(limit zoned)"
same "the disk has as many zones as the driver reports, of that size" "16, 8192" \
    "$(limit nr_zones), $(limit chunk_sectors)"
same "the limits of open and active zones are those of the driver" "3, 5" \
    "$(limit max_open_zones), $(limit max_active_zones)"
same "the limit of a zone append is that of the driver" 32768 "$(limit zone_append_max_bytes)"
same "a report of the whole disk has 16 zones" 16 "$(blkzone report $disk | wc -l)"
same "a report of 3 zones from sector 40960 has those zones" "3 from 0x00000a000" \
    "$(blkzone report -o 40960 -c 3 $disk | wc -l) from $(blkzone report -o 40960 -c 3 $disk |
        sed -n '1s/.*start: \(0x[0-9a-f]*\),.*/\1/p')"
contains "the report has the capacity of a zone" \
    "cap 0x001800" "$(blkzone report -o 40960 -c 1 $disk)"
contains "a conventional zone has no write pointer" "zcond: 0(nw) [type: 1(CONVENTIONAL)]" \
    "$(blkzone report -c 1 $disk)"
same "the capacity of all zones is the sum of their capacities" $(((2 * 8192 + 14 * 6144))) \
    "$(blkzone capacity $disk | sed 's/.*0x/0x/' | { read -r number; echo $((number)); })"

# --- Writing ---
same "a new sequential zone is empty" "0 em" "$(zone 2)"
write 2048 4
same "a write opens the zone, and moves its write pointer" "32 oi" "$(zone 2)"
expect 'I/O error, dev apusdisk1|critical space allocation error, dev apusdisk1|open zones exceeded error, dev apusdisk1|active zones exceeded error, dev apusdisk1'
fails_with "a write that is not at the write pointer fails with EIO" \
    "Input/output error" write 2060 1
same "after the failed write, the zone is unchanged" "32 oi" "$(zone 2)"
holds "a write within a conventional zone succeeds" write 1000 1
write 2052 764
same "a zone that is written up to its capacity is full" "6144 fu" "$(zone 2)"
fails_with "a write beyond the capacity of a zone fails with EIO" "Input/output error" write 2816 1

# --- Operations on zones ---
operation() { blkzone "$1" -o $(($2 * 8192)) -c 1 $disk; }
operation reset 2
same "a reset makes a zone empty" "0 em" "$(zone 2)"
operation open 3
same "an open operation opens an empty zone" "0 oe" "$(zone 3)"
operation close 3
same "a close operation makes a zone without data empty" "0 em" "$(zone 3)"
write 3072 1
operation close 3
same "a close operation makes a zone with data closed" "8 cl" "$(zone 3)"
operation finish 3
same "a finish operation makes a zone full" "8192 fu" "$(zone 3)"
refuses "an open operation of a conventional zone fails" operation open 0
for index in 4 5 6; do operation open $index; done
fails_with "an open operation beyond the limit of open zones fails with ETOOMANYREFS" \
    "Too many references" operation open 7
for index in 4 5 6; do write $((index * 1024)) 1; operation close $index; done
for index in 8 9; do write $((index * 1024)) 1; operation close $index; done
fails_with "an open operation beyond the limit of active zones fails with EOVERFLOW" \
    "Value too large" operation open 7
same "after the failed open operations, the zone is unchanged" "0 em" "$(zone 7)"
blkzone reset $disk
same "a reset of the whole disk makes all 14 sequential zones empty" \
    14 "$(blkzone report $disk | grep -c '(em)')"

# --- Appends ---
append() { tell append_at "$1"; tell append_to $disk; }
append 65536
same "a zone append returns the sector that it wrote" \
    "65536 0" "$(count appended) $(count append_error)"
append 65536
same "a second zone append returns the sector behind the first" \
    "65544 0" "$(count appended) $(count append_error)"
same "after both appends, the write pointer is at sector 16" "16 oi" "$(zone 8)"
operation finish 8
append 65536
same "a zone append to a full zone fails with EIO" 5 "$(count append_error)"
append 0
same "a zone append to a conventional zone fails with EIO" 5 "$(count append_error)"
blkzone reset $disk

# --- fio in its zoned mode ---
run_fio zones --filename=$disk --zonemode=zbd --rw=write --bs=64k --direct=1 --ioengine=psync \
    --offset=8m --size=28m --max_open_zones=3
same "fio writes all 7 zones of its range full, in order" \
    "status 0, 0 errors, 22020096 bytes, 7 full" \
    "status $fio_status, $fio_errors errors, $fio_written bytes, $(blkzone report $disk |
        grep -c '(fu)') full"
run_fio random --filename=$disk --zonemode=zbd --rw=randwrite --bs=16k --direct=1 \
    --ioengine=io_uring --iodepth=8 --offset=8m --size=32m \
    --io_size=24m --max_open_zones=3
same "fio writes and resets several open zones concurrently" "status 0, 0 errors, 25165824 bytes" \
    "status $fio_status, $fio_errors errors, $fio_written bytes"
fails_with "a resize of a zoned disk fails with EOPNOTSUPP" "Operation not supported" tell \
    resize_zoned 65536
unloads apus_disks apusdisk

# --- Appends to a null device, in each queue mode ---
case $(uname -r) in
6.1.*) modes="2 0" ;;
*) modes=2 ;;
esac
for mode in $modes; do
    modprobe apus_disks simple=1
    modprobe apus_null queue_mode=$mode memory_backed=1 size=64 zoned=1 zone_size=4 zone_nr_conv=1 \
        bs=4096
    null=/dev/apusnull0
    append_null() { tell append_at "$1"; tell append_to $null; }
    dd if=/dev/urandom of=$null bs=4096 seek=2048 count=1 oflag=direct status=none
    before=$(dd if=$null bs=4096 skip=2048 count=1 iflag=direct status=none | digest)
    append_null 16384
    same "mode $mode: a zone append to apus_null returns the sector behind the data" \
        "16392 0" "$(count appended) $(count append_error)"
    append_null 16384
    same "mode $mode: a second zone append returns the sector behind the first" \
        "16400 0" "$(count appended) $(count append_error)"
    same "mode $mode: the zone has the old data, both appends, and 0xff behind them" \
        "$before $(head -c 8192 /dev/zero | digest) $(head -c 4096 /dev/zero | tr '\0' '\377' |
            digest)" \
        "$(dd if=$null bs=4096 skip=2048 count=1 iflag=direct status=none |
            digest) $(dd if=$null bs=4096 skip=2049 count=2 iflag=direct status=none |
                digest) $(dd if=$null bs=4096 skip=2051 count=1 iflag=direct status=none | digest)"
    append_null 0
    same "mode $mode: a zone append to a conventional zone fails with EIO" 5 "$(count append_error)"
    blkzone finish -o 16384 -c 1 $null
    append_null 16384
    same "mode $mode: a zone append to a full zone fails with EIO" 5 "$(count append_error)"
    expect 'I/O error, dev apusnull0'
    fails_with "mode $mode: a write that is not at the write pointer fails with EIO" \
        "Input/output error" \
        dd if=/dev/zero of=$null bs=4096 seek=3073 count=1 oflag=direct status=none
    blkzone reset $null
    same "mode $mode: a reset of the whole disk makes all sequential zones empty" \
        "15 empty, 1 conventional" \
        "$(blkzone report $null | grep -c '(em)') empty, $(blkzone report $null |
            grep -c '(nw)') conventional"
    # A target that begins after the conventional zone has only zones that can be reset.
    modprobe -a dm_mod apus_linear
    zone=$(cat /sys/block/apusnull0/queue/chunk_sectors)
    dmsetup create behind --table "0 $((15 * zone)) apus-linear $null $zone"
    dd if=/dev/zero of=/dev/mapper/behind bs=4096 count=1 oflag=direct status=none
    contains "mode $mode: a write through apus-linear moves the write pointer" "wptr 0x000008" \
        "$(blkzone report -c 1 /dev/mapper/behind)"
    holds "mode $mode: a reset of the whole mapped device succeeds" blkzone reset /dev/mapper/behind
    same "mode $mode: after the reset, all zones of the mapped device are empty" 15 \
        "$(blkzone report /dev/mapper/behind | grep -c 'wptr 0x000000.*(em)')"
    dmsetup remove behind
    rmmod apus_linear
    unloads apus_null apusnull
    unloads apus_disks apusdisk
done

# --- Without appends ---
modprobe apus_disks simple=1 largest_append=0
case $(uname -r) in
6.1.*) fails_with "a zone append to a disk without appends fails with EINVAL" \
    "Invalid argument" append 65536 ;;
*)
    append 65536
    same "the block layer emulates zone appends for a disk without them" "65536 0" \
        "$(count appended) $(count append_error)"
    ;;
esac
unloads apus_disks apusdisk
# --- Writes of zeroes that end by zone ---
# 6.1 does not divide them at zones, and locks the zone of the first sector. Later kernels divide
# them.
modprobe apus_disks simple=1 zeroes=1
case $(uname -r) in 6.1.*) expect 'I/O error, dev apusdisk1' ;; esac
blkdiscard -z -o $((2 * 4194304)) -l $((2 * 4194304)) $disk 2> /dev/null
blkzone reset $disk
holds "after zeroes for two zones, the first of them can be written" timeout 20 dd if=/dev/zero \
    of=$disk bs=4096 seek=2048 count=1 oflag=direct,nonblock conv=notrunc status=none
unloads apus_disks apusdisk

# --- Appends that only a disk of requests gets as writes ---
# The block layer makes writes of appends only where it makes requests.
modprobe apus_disks simple=1 largest_append=0 bios=1
append_bio() { tell append_at 65536; tell append_to /dev/apusdisk2; }
case $(uname -r) in
6.1.*) fails_with "a disk of bios without appends: an append is refused" "Invalid argument" \
    append_bio ;;
*)
    append_bio
    same "a disk of bios without appends: an append fails with EOPNOTSUPP" 95 \
        "$(count append_error)"
    ;;
esac
same "a disk of bios without appends: its driver gets none" 0 "$(count submitted_appends)"
unloads apus_disks apusdisk
modprobe apus_disks simple=1 bios=1
append_bio
same "a disk of bios with appends: its driver gets the append" "1 65536 0" \
    "$(count submitted_appends) $(count appended) $(count append_error)"
unloads apus_disks apusdisk

# --- An invalid limit or report is named ---
wrong() { # NUMBER TEXT: the disk is refused, and the log says why.
    mark_log
    fails_with "wrong zone limit $1: modprobe fails with EINVAL" \
        "Invalid argument" modprobe apus_disks simple=1 wrong="$1"
    contains "wrong zone limit: the log names the limit" "$2" "$(new_log)"
}
wrong 40 "zone size of 6144 sectors is no power of two"
wrong 41 "zone size of 4 sectors is no power of two of at least the block size 4096"
wrong 42 "zone size of 1048576 sectors is larger than the capacity of 131072"
wrong 43 "6 zones may be open, but only 5 active"
wrong 44 "largest number of active zones of -1"
wrong 45 "largest append of 12 sectors"
wrong 46 "largest append of 16384 sectors"
wrong 47 "a boundary of requests besides zones"
wrong 48 "largest number of open zones of 0"
wrong 49 "largest number of active zones of 1048576"
wrong 50 "a disk with zones needs a driver with reportZones"
mark_log
fails_with "the kernel refuses a zone report with a gap: modprobe fails with ENODEV" \
    "No such device" modprobe apus_disks simple=1 report=2
contains "the log gives the sectors of the gap" \
    "apusdisk1: Zone gap at sectors 40960..49152" "$(new_log)"
misreport() { # NUMBER TEXT: the report is refused before the kernel sees it.
    mark_log
    fails_with "wrong zone report $1: modprobe fails with EINVAL" \
        "Invalid argument" modprobe apus_disks simple=1 report="$1"
    contains "wrong zone report: the log names the zone" \
        "apusdisk1: a zone of $2 is reported, where none can be" "$(new_log)"
}
misreport 3 "8192 sectors at 40968"
misreport 4 "8192 sectors at 0"
misreport 5 "16384 sectors at 40960"
misreport 6 "0 sectors at 40960"
misreport 7 "8192 sectors at 18446744073709543424"
misreport 8 "8192 sectors at 131072"
same "after the refused limits and reports, nothing of the module remains" \
    nothing "$(leftovers apus_disks apusdisk)"
modprobe apus_disks simple=1 report=1
same "zones that a driver reports beyond the requested count are ignored" 3 \
    "$(blkzone report -o 40960 -c 3 $disk | wc -l)"
unloads apus_disks apusdisk
