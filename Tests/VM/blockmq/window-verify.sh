#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus_window: a range of another device and nothing beyond it, with its data, its file system, its
# errors and its removal.
# apus: memory=1024 cpus=2 timeout=240
. ./lib.sh

root=/sys/kernel/config/apus_window
put() { printf '%s\n' "$2" > "$1"; }
modprobe apus_null memory_backed=1 discard=1 size=64 nr_devices=2
modprobe apus_window
mkdir $root/one
cd $root/one || exit 1
disk=/dev/apuswindow0

# --- Devices and ranges that are refused ---
fails_with "power on of a window without a device fails with ENODEV" "No such device" put power 1
fails_with "a device that does not exist is refused with ENOENT" \
    "No such file" put device /dev/nothing
fails_with "a file that is not a block device is refused with ENOTBLK" \
    "Block device required" put device /dev/null
put device /dev/apusnull0
put start 131072
fails_with "a range that begins at the end of the device is refused with EINVAL" \
    "Invalid argument" put power 1
put start 8192
put size 18446744073709551615
fails_with "a range that is longer than the largest device is refused with EINVAL" \
    "Invalid argument" put power 1
put size 131072
fails_with "a range that ends behind the end of the device is refused with EINVAL" \
    "Invalid argument" put power 1
same "after refused ranges, the window has no disk" \
    0 "$(find /sys/block -name 'apuswindow*' | wc -l)"
put device /dev/apusnull0
fails_with "a second device that does not exist is refused with ENOENT" "No such file" put device \
    /dev/nothing
same "after the refused device, the attribute shows the device that was set" \
    /dev/apusnull0 "$(cat device)"
fails_with "a path that is too long is refused with ENAMETOOLONG" "name too long" put device \
    "/dev/$(printf '%0300d' 0)"
mkdir $root/two
put $root/two/device /dev/apusnull0

# --- A range ---
put size 65536
dd if=/dev/urandom of=/dev/apusnull0 bs=1M count=64 oflag=direct status=none
outside() {
    {
        dd if=/dev/apusnull0 bs=1M count=4 iflag=direct
        dd if=/dev/apusnull0 bs=1M skip=36 iflag=direct
    } 2> /dev/null | digest
}
before=$(outside)
inside=$(dd if=/dev/apusnull0 bs=1M skip=4 count=32 iflag=direct status=none | digest)
put power 1
fails_with "power on fails with EBUSY if another window holds the device" \
    "resource busy" put $root/two/power 1
fails_with "setting the device fails with EBUSY if another window holds it" \
    "resource busy" put $root/two/device /dev/apusnull0
same "the disk has the size of the range" 65536 "$(cat /sys/block/apuswindow0/size)"
same "the disk has the content of the range" \
    "$inside" "$(dd if=$disk bs=1M iflag=direct status=none | digest)"
run_fio verified --filename=$disk --rw=randrw --bsrange=4k-256k --direct=1 --ioengine=io_uring \
    --iodepth=16 --size=32m --verify=crc32c
same "fio verifies the data that it wrote with direct I/O" \
    "status 0, 0 errors" "status $fio_status, $fio_errors errors"
run_fio buffered --filename=$disk --rw=write --bs=64k --size=32m --verify=crc32c --end_fsync=1
same "fio verifies the data that it wrote through the page cache" \
    "status 0, 0 errors" "status $fio_status, $fio_errors errors"
same "the lower device has the data of the window in the range" \
    "$(dd if=$disk bs=1M iflag=direct status=none | digest)" \
    "$(dd if=/dev/apusnull0 bs=1M skip=4 count=32 iflag=direct status=none | digest)"
same "after the writes, the lower device is unchanged outside of the range" "$before" "$(outside)"
holds "blkdiscard of the whole window succeeds" blkdiscard $disk
same "after the discard, the range of the lower device reads as zeroes" \
    "$(head -c 32M /dev/zero | digest)" \
    "$(dd if=/dev/apusnull0 bs=1M skip=4 count=32 iflag=direct status=none | digest)"
same "after the discard, the lower device is unchanged outside of the range" "$before" "$(outside)"
mkfs.ext4 -q $disk
mkdir -p /mnt/apus
mount $disk /mnt/apus
head -c 8M /dev/urandom > /mnt/apus/file
sum=$(digest < /mnt/apus/file)
umount /mnt/apus
mount $disk /mnt/apus
same "a file on ext4 on the window is unchanged after a second mount" \
    "$sum" "$(digest < /mnt/apus/file)"
umount /mnt/apus
holds "e2fsck finds no error in ext4 on the window" e2fsck -fn $disk

# --- Removal ---
fails_with "the start of a window that is powered on cannot be changed (EBUSY)" "busy" put start 0
put power 0
same "power off removes the disk" 0 "$(find /sys/block -name 'apuswindow*' | wc -l)"
holds "a second power on succeeds" put power 1
same "after the second power on, the window has its file" "$sum" \
    "$(mount -r $disk /mnt/apus && digest < /mnt/apus/file; umount /mnt/apus)"
put power 0

# --- Errors of the lower device, and its removal ---
dmsetup create broken --table "0 65536 error"
put device /dev/mapper/broken
put start 0
put size 0
put power 1
fails_with "a read fails with the EIO of the lower device" "Input/output error" dd if=$disk \
    of=/dev/null bs=4k count=1 iflag=direct status=none
put power 0
dmsetup remove broken
put device /dev/apusnull1
put power 1
fio --name=removal --filename=$disk --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=32 --time_based --runtime=60 \
    > /tmp/fio.text 2>&1 &
fio=$!
under_io() { [ "$(awk '{ print $1 }' /sys/block/apusnull1/stat)" -gt 500 ]; }
soon under_io
bash -c 'echo 1 > /sys/module/apus_null/parameters/remove' &
remover=$!
ends_within 60 $remover && same "the lower device is removed under load within a minute" \
    "status 0" "status $status"
if ends_within 60 $fio; then
    if [ "$status" != 0 ]; then
        pass "I/O on the window fails after the removal of the lower device" "status $status"
    else
        fail "I/O on the window fails after the removal of the lower device" "status 0"
    fi
else
    fail "I/O on the window fails after the removal of the lower device" "it runs on"
    kill $fio
fi
put power 0 &
off=$!
ends_within 60 $off && same "after that, power off of the window ends within a minute" \
    "status 0" "status $status"
cd / || exit 1
rmdir $root/one $root/two
unloads apus_window apuswindow
unloads apus_null apusnull
