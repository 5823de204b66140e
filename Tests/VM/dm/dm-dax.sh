#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Device mapper over persistent memory: which tables support DAX, the place of data that is written
# with DAX, and the accesses that are refused.
# This script does not run on the debug kernel, whose drivers make no disk.
# apus: memory=1024 cpus=2 timeout=300 files=dm-lib.sh suite=vm boot=memmap=96M!512M,memmap=96M!640M
. ./lib.sh
# shellcheck source=dm-lib.sh
. ./dm-lib.sh

modprobe nd_e820 && modprobe nd_pmem
pmem=/dev/pmem0 other=/dev/pmem1
if ! soon test -b $other; then
    fail "the guest has two devices of persistent memory" "there is none"
    exit 1
fi
modprobe null_blk nr_devices=1 gb=1 memory_backed=1
plain=/dev/nullb0
mkdir -p /mnt/apus

# create NAME PREFIX TABLE: a device. In the table, ';' ends a line and '@' stands for the prefix.
create() { printf '%s\n' "${3//@/$2}" | tr ';' '\n' | dmsetup create "$1"; }
# dax_of PREFIX TABLE: whether a device with that table supports DAX, and its cache attributes.
dax_of() {
    create tried "$1" "$2" && (cd "$(sysfs tried)/queue" && cat dax write_cache fua)
    dmsetup remove tried
}

# --- Which tables support DAX ---
seen=
while read -r answer table; do
    theirs=$(dax_of "" "$table") ours=$(dax_of apus- "$table")
    same "the queue attribute dax of '$table' is $answer" "$answer" "${ours%%$'\n'*}"
    same "dax and the cache attributes are those of the kernel's targets" \
        "${theirs//$'\n'/, }" "${ours//$'\n'/, }"
    seen="$seen$answer"
done << TABLES
1 0 65536 @linear $pmem 0
1 0 65536 @linear $pmem 16; 65536 65536 @linear $other 8
1 0 65536 @striped 2 16 $pmem 0 $other 0
1 0 32768 @linear $pmem 0; 32768 65280 @striped 2 24 $pmem 32768 $other 0
1 0 65536 @log-writes $pmem $other
1 0 65536 @log-writes $pmem $plain
0 0 65536 @log-writes $plain $pmem
0 0 65536 @linear $plain 0
0 0 65536 @linear $pmem 0; 65536 65536 @linear $plain 0
0 0 65536 @striped 2 16 $pmem 0 $plain 0
0 0 65536 @linear $pmem 0; 65536 65536 @zero
0 0 65536 @linear $pmem 0; 65536 65536 @error
0 0 65536 @delay $pmem 0 0
0 0 65536 @flakey $pmem 0 1 0
TABLES
contains "tables with and without DAX were tried" "10" "$seen"

# --- The place of data ---
# written DEVICE: how many sectors were written to the device with bios.
written() { awk '{ print $7 }' "$(sysfs "$1")/stat"; }
# job NAME OPTION…: fio on a file that is mapped into memory.
job() {
    run_fio mapped --directory=/mnt/apus --filename="$1" --ioengine=mmap --bs=4k --size=2m \
        --verify=crc32c "${@:2}"
}
# make_ext4: ext4 on ours, mounted with DAX.
make_ext4() {
    mkfs.ext4 -q -F -b 4096 -E lazy_itable_init=0 /dev/mapper/ours &&
        mount -o dax=always /dev/mapper/ours /mnt/apus
}
head -c 2m /dev/urandom > /tmp/source
for table in "0 65536 @linear $pmem 16" \
    "0 20480 @linear $pmem 65536; 20480 45056 @linear $other 8" \
    "0 65536 @striped 2 16 $pmem 8 $other 0" \
    "0 20480 @linear $other 16384; 20480 45056 @log-writes $pmem $plain"; do
    create ours apus- "$table"
    holds "ext4 is mounted with DAX on '$table'" make_ext4
    for name in copied mapped; do cp /tmp/source /mnt/apus/$name; done
    sync
    before=$(written ours)
    dd if=/tmp/source of=/mnt/apus/copied bs=64k conv=notrunc,fsync status=none
    job mapped --rw=randwrite --do_verify=0
    # The 8192 sectors of data are written without bios. The journal writes a few sectors with bios.
    between "writes to its files reach the device without bios" \
        0 1000 $(($(written ours) - before)) sectors
    digest=$(digest < /mnt/apus/mapped)
    umount /mnt/apus
    gone ours
    # Reads through the kernel's own target, with bios.
    create theirs "" "$table"
    holds "fsck.ext4 through the kernel's target finds no error" fsck.ext4 -fn /dev/mapper/theirs
    mount /dev/mapper/theirs /mnt/apus
    same "the kernel's target reads the data that write calls put there with DAX" \
        "$(digest < /tmp/source)" "$(digest < /mnt/apus/copied)"
    same "the kernel's target reads the data that was written to mapped memory" \
        "$digest" "$(digest < /mnt/apus/mapped)"
    cp /mnt/apus/mapped /mnt/apus/theirs
    umount /mnt/apus
    gone theirs
    create ours apus- "$table"
    mount -o dax=always /dev/mapper/ours /mnt/apus
    job theirs --rw=read
    same "mapped memory of ours has the data that was written through the kernel's target" \
        "0 0 2097152" "$fio_status $fio_error $fio_read"
    umount /mnt/apus
    gone ours
done

# --- Zeroes ---
# When a file grows over blocks that it already has, XFS zeroes whole pages. The test first
# overwrites these blocks through the device.
for table in "0 163840 @linear $pmem 16384; 163840 98304 @linear $other 8" \
    "0 262144 @striped 2 16 $pmem 8 $other 0" "0 180224 @log-writes $pmem $plain"; do
    create ours apus- "$table"
    mkfs.xfs -q -f --unsupported /dev/mapper/ours || fail "mkfs.xfs succeeds" "it is not"
    mount -o dax=always /dev/mapper/ours /mnt/apus
    xfs_io -f -c "extsize 128k" -c "pwrite -q -S 0x61 0 4k" -c "falloc -k 0 128k" /mnt/apus/zeroed
    for name in before after; do xfs_io -f -c "pwrite -q -S 0x62 0 256k" /mnt/apus/$name; done
    digest=$(digest < /mnt/apus/after)
    map=$(xfs_io -r -c "bmap -v" /mnt/apus/zeroed)
    first=$(printf '%s\n' "$map" | awk '$1 == "0:" { sub(/\.\..*/, "", $3); print $3 }')
    same "the file has blocks beyond its end" "[0..255]:" \
        "$(printf '%s\n' "$map" | awk '$1 == "0:" { print $2 }')"
    umount /mnt/apus
    dd if=/dev/urandom of=/dev/mapper/ours bs=4k seek=$((first / 8 + 1)) count=31 oflag=direct \
        status=none
    mount -o dax=always /dev/mapper/ours /mnt/apus
    holds "the file grows over its preallocated blocks" truncate -s 128k /mnt/apus/zeroed
    umount /mnt/apus
    gone ours
    create theirs "" "$table"
    mount /dev/mapper/theirs /mnt/apus
    same "only the new part of the file reads as zeroes, on '$table'" \
        "$({ head -c 4096 /dev/zero | tr '\0' a; head -c 126976 /dev/zero; } |
            digest) $digest $digest" \
        "$(digest < /mnt/apus/zeroed) $(digest < /mnt/apus/before) $(digest < /mnt/apus/after)"
    umount /mnt/apus
    holds "xfs_repair finds no error" xfs_repair -n /dev/mapper/theirs
    gone theirs
done

# --- Accesses that are refused ---
modprobe apus_dm_hooks
create ours apus- "0 65536 @hooks $other"
make_ext4
cp /tmp/source /mnt/apus/file
sync
say() { dmsetup message ours 0 "$@"; }
# read_file: a read of the file, and its error. touch_file: maps another page of the file and
# touches it.
read_file() { dd if=/mnt/apus/file of=/tmp/read bs=64k count=1 status=none 2>&1 | head -n 1; }
touch_file() {
    xfs_io -r -c "mmap -r ${1}k 4k" -c "mread -v ${1}k 4k" /mnt/apus/file > /dev/null 2>&1
}
same "a DAX read through apus-hooks returns the data" " $(head -c 65536 /tmp/source | digest)" \
    "$(read_file) $(digest < /tmp/read)"
holds "a DAX mapping through apus-hooks can be read" touch_file 64
page=128
for mode in "1 Input/output" "2 No space left" "3 Input/output" "4 Input/output" "5 Input/output" \
    "6 Invalid argument"; do
    say dax "${mode%% *}"
    contains "a DAX read fails if the target gives an invalid place (${mode%% *})" "${mode#* }" \
        "$(read_file)"
    page=$((page + 4))
    { touch_file $page; } 2> /dev/null
    same "a process that touches the mapping of such a place gets SIGBUS" 135 $?
done
say dax 7
read_file
same "a DAX read across the end of the device ends there" \
    "$(dd if=$other bs=4k skip=$(($(blockdev --getsz $other) / 8 - 1)) count=1 iflag=direct status=none | digest) 16" \
    "$(head -c 4096 /tmp/read | digest) $(($(wc -c < /tmp/read) / 4096))"
say dax 0
same "with valid places, DAX reads return the data again" " $(digest < /tmp/source)" \
    "$(read_file) $(digest < /mnt/apus/file)"
mount -o remount,ro /mnt/apus
read_file
dmsetup suspend ours
dmsetup load ours --table "0 65536 apus-error"
dmsetup resume ours
contains "a DAX read fails with EIO after apus-error replaces the target" \
    "Input/output" "$(read_file)"
# Without freezing the file system, because its writes would fail.
dmsetup suspend --nolockfs ours
fails_with "a table without DAX is refused for a device that supports DAX" \
    "Invalid argument" dmsetup load ours --table "0 65536 apus-linear $plain 0"
dmsetup load ours --table "0 65536 apus-linear $other 0"
dmsetup resume ours
same "a DAX read succeeds after apus-linear replaces the target" \
    " $(head -c 65536 /tmp/source | digest)" "$(read_file) $(digest < /tmp/read)"
umount /mnt/apus
gone ours

# The target does not begin at a page of the device. The kernel's own target reads and writes the
# page around the place.
create ours apus- "0 65536 @linear $pmem 3"
mkfs.ext4 -q -F -b 4096 /dev/mapper/ours 2> /dev/null
mount /dev/mapper/ours /mnt/apus && cp /tmp/source /mnt/apus/file && umount /mnt/apus
mount -o dax=always /dev/mapper/ours /mnt/apus
contains "a DAX read of a target that begins within a page fails with EINVAL" "Invalid argument" \
    "$(read_file)"
umount /mnt/apus
holds "after the refused read, fsck.ext4 finds no error" fsck.ext4 -fn /dev/mapper/ours
gone ours

# --- Memory with bad blocks ---
# A write always repairs emulated memory, if the target passes it on to the right page.
# poisoned PREFIX TABLE BAD: the results of a read, a write and a read of the second page of a file,
# when that page is bad on the device BAD.
poisoned() {
    create tried "$1" "$2"
    mount -o dax=always /dev/mapper/tried /mnt/apus
    head -c 4096 /dev/urandom > /tmp/page
    echo "$((page * 8)) 8" > "/sys/block/${3#/dev/}/badblocks"
    dd if=/mnt/apus/file of=/dev/null bs=4k skip=1 count=1 status=none 2>&1 | head -n 1
    dd if=/tmp/page of=/mnt/apus/file bs=4k seek=1 count=1 conv=notrunc status=none 2>&1
    echo "$(wc -l < "/sys/block/${3#/dev/}/badblocks") bad ranges"
    {
        head -c 4096 /tmp/source && cat /tmp/page && tail -c +8193 /tmp/source
    } | cmp - /mnt/apus/file 2>&1 && echo "written"
    umount /mnt/apus
    dmsetup remove tried
}
for table in "0 65536 @linear $pmem 98304" "0 32768 @striped 2 16 $pmem 8 $other 0" \
    "0 65536 @log-writes $other $plain"; do
    create ours apus- "$table"
    make_ext4
    cp /tmp/source /mnt/apus/file
    sync
    block=$(debugfs -R "bmap /file 1" /dev/mapper/ours 2> /dev/null)
    umount /mnt/apus
    gone ours
    # The device and the page where this block lies.
    row=$((block / 4)) bad=$pmem page=$((block + 12288))
    case $table in
    *striped*)
        page=$((row * 2 + block % 2))
        if [ $((block / 2 % 2)) = 0 ]; then page=$((page + 1)); else bad=$other; fi
        ;;
    *log-writes*) bad=$other page=$block ;;
    esac
    theirs=$(poisoned "" "$table" $bad) ours=$(poisoned apus- "$table" $bad)
    same "with bad memory, reads and writes of '$table' give the results of the kernel's targets" \
        "${theirs//$'\n'/, }" "${ours//$'\n'/, }"
    contains "a write to the bad page succeeds, and removes it from the bad blocks" \
        ", 0 bad ranges, written" "${ours//$'\n'/, }"
done
for module in linear striped log_writes error zero delay flakey dm_hooks; do
    unloads apus_$module nothing
done
