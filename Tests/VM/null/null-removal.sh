#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus_null's end: the module cannot be unloaded while it is in use. A device can be removed at any
# time, even while it is in use.
# apus: memory=1024 cpus=2 timeout=240
# differs: in which order a disk ends
. ./lib.sh

numbers() {
    awk '{ sub(/apusnull/, "", $1); printf "%s%s", sep, $1; sep = " " }' \
        /sys/module/apus_null/parameters/devices
}
users() { lsmod | awk '$1 == "apus_null" { print $3 }'; }
read_block() {
    dd if="/dev/apusnull$1" bs=4096 count=1 iflag=direct status=none | wc -c |
        sed 's/$/ bytes read/'
}
# Runs a command of the module. Prints what was written, or why it was refused.
command_of_module() {
    local refusal
    if refusal=$(printf '%s\n' "$2" 2>&1 > "/sys/module/apus_null/parameters/$1"); then
        echo "'$2' written to $1"
    else
        echo "'$2' written to $1: ${refusal##*: }"
        return 1
    fi
}
read_handle() { dd bs=4096 count=1 iflag=direct status=none <&5 | wc -c; }
write_handle() { dd if=/dev/zero bs=4096 count=1 oflag=direct status=none >&5; }

# --- No unload while it is used ---
reload memory_backed=1 size=64
exec 5< /dev/apusnull0
fails_with "rmmod fails while the device is open" "in use" rmmod apus_null
same "after the refused rmmod, a read of the device succeeds" "4096 bytes read" "$(read_block 0)"
exec 5<&-
mkfs.ext4 -q /dev/apusnull0
mkdir -p /mnt/apus
mount /dev/apusnull0 /mnt/apus
fails_with "rmmod fails while the device is mounted" "in use" rmmod apus_null
head -c 1M /dev/urandom > /mnt/apus/file
drop_caches
same "after the refused rmmod, a file on the device can be read" 1048576 "$(wc -c < /mnt/apus/file)"
umount /mnt/apus
unloads apus_null apusnull

# --- A device is removed under I/O ---
reload nr_devices=3 memory_backed=1 size=64 submit_queues=2
dd if=/dev/urandom of=/dev/apusnull1 bs=1M count=8 oflag=direct status=none
before=$(dd if=/dev/apusnull1 bs=1M count=8 iflag=direct status=none | digest)
fio --name=removal --filename=/dev/apusnull0 --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=32 --numjobs=2 --time_based \
    --runtime=60 --output-format=json --output=/tmp/fio.json > /tmp/fio.text 2>&1 &
fio=$!
fio --name=other --filename=/dev/apusnull2 --rw=randrw --bs=4k --direct=1 --ioengine=psync \
    --verify=crc32c --size=4m --loops=50 \
    --output-format=json --output=/tmp/other.json > /tmp/other.text 2>&1 &
other=$!
under_io() {
    [ "$(awk '{ print $1 }' /sys/block/apusnull0/stat)" -gt 1000 ] &&
        [ "$(awk '{ print $1 }' /sys/block/apusnull2/stat)" -gt 100 ]
}
soon under_io
between "fio has made more than 1000 reads of the device before its removal" 1001 100000000 \
    "$(awk '{ print $1 }' /sys/block/apusnull0/stat)" "reads so far"
holds "the removal of a device under I/O succeeds" command_of_module remove 0
same "after the removal, only the two other devices are listed" "1 2" "$(numbers)"
same "after the removal, the device node is gone" nothing "$(leftovers none apusnull0)"
if ends_within 20 $fio; then
    error=$(awk '/"error" :/ && $3 + 0 > 0 { print $3 + 0; exit }' /tmp/fio.json)
    case $error in
    # 28 is "no space left". The kernel immediately sets the size of a removed device to 0.
    5 | 6 | 19 | 28)
        pass "fio on the removed device ends with an error" "status $status, errno $error"
        ;;
    *) fail "fio on the removed device ends with an error" "status $status, errno ${error:-none}" ;;
    esac
else
    fail "fio on the removed device ends with an error" "it runs on after 20 seconds"
    kill $fio
fi
ends_within 60 $other
same "fio on another device verifies its data during the removal" "status 0, error 0" \
    "status $status, error $(awk '/"error" :/ { print $3 + 0; exit }' /tmp/other.json)"
same "the data of a device that was not removed is unchanged" "$before" \
    "$(dd if=/dev/apusnull1 bs=1M count=8 iflag=direct status=none | digest)"

# --- A new device under the old number ---
set_parameter add 1
same "a new device gets the lowest free number" "0 1 2" "$(numbers | tr ' ' '\n' | sort -n | xargs)"
same "the new device reads as zeroes, and has no page" "0 pages, $(head -c 1M /dev/zero | digest)" \
    "$(pages 0) pages, $(dd if=/dev/apusnull0 bs=1M count=1 iflag=direct status=none | digest)"

# --- A handle that outlives its device ---
exec 5<> /dev/apusnull0
set_parameter remove 0
# The size of a removed device is 0, so reads end immediately and writes find no space.
same "a read through a handle of a removed device returns 0 bytes" "0 bytes" "$(read_handle) bytes"
fails_with "a write through a handle of a removed device fails with ENOSPC" \
    "No space left on device" write_handle
fails_with "rmmod fails while a handle of a removed device is open" "in use" rmmod apus_null
set_parameter add 1
same "a new device of the same name can be read while the handle is open" \
    "4096 bytes read" "$(read_block 0)"
exec 5>&-
same "after the handle is closed, the module has no reference" 0 "$(users)"
unloads apus_null apusnull

# --- A device is removed under a mounted file system ---
reload nr_devices=2 memory_backed=1 size=64
mkfs.ext4 -q /dev/apusnull0
mount /dev/apusnull0 /mnt/apus
head -c 1M /dev/urandom > /mnt/apus/before && sync
( while head -c 64k /dev/urandom > /mnt/apus/during && sync -d /mnt/apus/during; do
    :
done ) 2> /tmp/writer.text &
writer=$!
sleep 1
holds "the removal of a device with a mounted ext4 succeeds" command_of_module remove 0
if ends_within 20 $writer; then
    contains "a writer to the file system of the removed device gets an error" \
        "error" "$(tail -n 1 /tmp/writer.text)"
else
    fail "a writer to the file system of the removed device gets an error" \
        "it goes on after 20 seconds"
    kill $writer
fi
holds "the file system of the removed device is unmounted" umount -v /mnt/apus
same "a read of the other device succeeds" "4096 bytes read" "$(read_block 1)"
unloads apus_null apusnull

# --- Commands that are refused ---
reload nr_devices=1 size=64
fails_with "removing a device that does not exist fails with ENODEV" \
    "No such device" command_of_module remove 7
fails_with "removing a negative number fails with ENODEV" \
    "No such device" command_of_module remove -1
fails_with "removing a word fails with EINVAL" "Invalid argument" command_of_module remove all
fails_with "removing a number with a letter behind it fails with EINVAL" "Invalid argument" \
    command_of_module remove 0x
fails_with "removing an empty text fails with EINVAL" "Invalid argument" command_of_module remove ""
fails_with "removing a number that does not fit 64 bits fails with ERANGE" \
    "Numerical result out of range" command_of_module remove 99999999999999999999
same "after the refused removals, the device is still listed" 0 "$(numbers)"
for _ in $(seq 63); do set_parameter add 1; done
same "64 devices are made" "64 disks, 64 lines" \
    "$(ls -d /sys/block/apusnull* | wc -l) disks, $(numbers | wc -w) lines"
fails_with "a device beyond the 64th fails with ENOSPC" \
    "No space left on device" command_of_module add 1
same "after the refused device, 64 devices are still listed" 64 "$(numbers | wc -w)"
for number in 63 0 17; do set_parameter remove $number; done
same "the devices 63, 0 and 17 are removed" 61 "$(ls -d /sys/block/apusnull* | wc -l)"
for _ in 1 2 3; do set_parameter add 1; done
same "new devices get the numbers of the removed ones" "64 disks, 0 17 63" \
    "$(ls -d /sys/block/apusnull* | wc -l) disks, $(numbers | tr ' ' '\n' | tail -n 3 | xargs)"
unloads apus_null apusnull

# --- Four shells add and remove devices concurrently ---
reload nr_devices=4 memory_backed=1 size=16
churn() {
    local done=0
    while [ $done -lt 10 ]; do
        command_of_module add 1 > /dev/null 2>&1 && done=$((done + 1))
        dd if=/dev/zero of="/dev/apusnull$((RANDOM % 6))" bs=64k count=1 oflag=direct,nonblock \
            conv=nocreat status=none 2> /dev/null
        command_of_module remove $((RANDOM % 8)) > /dev/null 2>&1 && done=$((done + 1))
        cat /sys/module/apus_null/parameters/devices > /dev/null
    done
    echo $done
}
for shell in 1 2 3 4; do churn > /tmp/churn.$shell & done
wait
between "four shells add and remove devices concurrently, at least 40 times" 40 44 \
    "$(cat /tmp/churn.? | awk '{ sum += $1 } END { print sum }')" "times"
same "the parameter devices lists the disks that are in /sys/block" \
    "$(cd /sys/block && ls -d apusnull* 2> /dev/null | sort | xargs)" \
    "$(awk '{ print $1 }' /sys/module/apus_null/parameters/devices | sort | xargs)"
unloads apus_null apusnull
