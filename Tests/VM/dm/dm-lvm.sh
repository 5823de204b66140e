#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Device mapper: LVM on our targets: linear and striped volumes, one that grows while it is in use,
# and a snapshot.
# apus: memory=1024 cpus=1 timeout=300 files=dm-lib.sh
. ./lib.sh
# shellcheck source=dm-lib.sh
. ./dm-lib.sh

modprobe null_blk nr_devices=2 gb=1 memory_backed=1 discard=1
dmsetup create disk0 --table "0 262144 apus-linear /dev/nullb0 2048"
dmsetup create half0 --table "0 131072 apus-linear /dev/nullb1 0"
dmsetup create half1 --table "0 131072 apus-delay /dev/nullb1 131072 0 /dev/nullb1 131072 1"
dmsetup create disk1 --table "0 262144 apus-striped 2 128 /dev/mapper/half0 0 /dev/mapper/half1 0"
# The guest has no udev and none of LVM's daemons.
export LVM_SUPPRESS_FD_WARNINGS=1
settings='activation { udev_sync=0 udev_rules=0 monitoring=0 } global { event_activation=0 }
    devices { obtain_device_list_from_udev=0 external_device_info_source="none" use_devicesfile=0 filter=["a|^/dev/mapper/disk[01]$|","r|.*|"] }'
with() { lvm "$@" --config "$settings"; }

holds "pvcreate accepts apus-linear and apus-striped" with pvcreate -q /dev/mapper/disk0 \
    /dev/mapper/disk1
holds "vgcreate makes a group of both devices" \
    with vgcreate -q --physicalextentsize 1M group /dev/mapper/disk0 /dev/mapper/disk1
holds "lvcreate makes a linear volume" with lvcreate -q -L 32M -n plain group /dev/mapper/disk0
holds "lvcreate makes a striped volume" with lvcreate -q -i 2 -I 64k -L 64M -n striped group
same "the linear volume lies on the apus-linear device" \
    "0 65536 linear $(cat "$(sysfs disk0)/dev") 2048" "$(dmsetup table group-plain)"
mkfs.ext4 -q -F /dev/mapper/group-striped
mkdir -p /tmp/mounted
mount /dev/mapper/group-striped /tmp/mounted
run_fio verified --directory=/tmp/mounted --rw=randwrite --bs=4k --size=4m --ioengine=psync \
    --verify=crc32c --do_verify=0 --end_fsync=1
holds "lvextend of a mounted volume succeeds" with lvextend -q -L 96M group/striped
holds "resize2fs of the mounted file system succeeds" resize2fs /dev/mapper/group-striped
run_fio verified --directory=/tmp/mounted --rw=randwrite --bs=4k --size=4m --ioengine=psync \
    --verify=crc32c --verify_only
same "after the growth, the file system has its data" "0 0" "$fio_status $fio_error"
umount /tmp/mounted
holds "after the growth, fsck.ext4 finds no error" fsck.ext4 -f -n /dev/mapper/group-striped
dd if=/dev/urandom of=/dev/mapper/group-plain bs=1M count=32 oflag=direct status=none
before=$(dd if=/dev/mapper/group-plain bs=1M iflag=direct status=none | digest)
holds "lvcreate makes a snapshot" with lvcreate -q -s -L 16M -n before group/plain
dd if=/dev/urandom of=/dev/mapper/group-plain bs=1M count=4 oflag=direct status=none
same "after a write to the volume, the snapshot has the old data" "$before" \
    "$(dd if=/dev/mapper/group-before bs=1M iflag=direct status=none | digest)"
refuses "after the write, the volume does not have the old data" [ "$before" = \
    "$(dd if=/dev/mapper/group-plain bs=1M iflag=direct status=none | digest)" ]
fails_with "dmsetup remove of a physical volume fails with EBUSY" \
    "Device or resource busy" dmsetup remove disk0
holds "lvremove succeeds" with lvremove -q -f group
holds "vgremove succeeds" with vgremove -q -f group
holds "pvremove succeeds" with pvremove -q /dev/mapper/disk0 /dev/mapper/disk1
gone disk0 disk1 half0 half1
same "after the removal, no mapped device holds the lower devices" \
    "0 0" "$(opened /dev/nullb0) $(opened /dev/nullb1)"
for kind in linear striped delay; do unloads apus_$kind nothing; done
