#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Device mapper: file systems on stacks of three targets, which are suspended, given other tables
# and removed under load, the kernel's snapshots above and below our targets, devices that fail or
# are removed, and a file system that is clean at every flush.
# apus: memory=1024 cpus=2 timeout=400 files=dm-lib.sh,log.pl
. ./lib.sh
# shellcheck source=dm-lib.sh
. ./dm-lib.sh

modprobe null_blk nr_devices=4 gb=1 memory_backed=1 discard=1 cache_size=4
a=/dev/nullb0 b=/dev/nullb1 c=/dev/nullb2 d=/dev/nullb3
mkdir -p /tmp/mounted

# --- Three stacked targets, and a file system on them ---
# In sectors. XFS requires 300 MiB.
leg=335872 whole=671744 length=655360
delay="0 $leg apus-delay $a 0 0 $a 0 1"
flakey="0 $leg apus-flakey $b 0 3600 0"
striped="0 $whole apus-striped 2 128 /dev/mapper/first 0 /dev/mapper/second 0"
top="0 $length apus-linear /dev/mapper/stripes 4096"
other_top="0 8192 linear /dev/mapper/stripes 4096
8192 $((length - 8192)) apus-linear /dev/mapper/stripes 12288"
dmsetup create first --table "$delay"
dmsetup create second --table "$flakey"
dmsetup create stripes --table "$striped"
dmsetup create top --table "$top"
# again NAME TABLE: replaces the table of a device that is in use.
again() { dmsetup reload "$1" --table "$2" && dmsetup suspend "$1" && dmsetup resume "$1"; }
give_another() { again top "$other_top"; }
for system in ext4 xfs; do
    case $system in
    ext4) mkfs.ext4 -q -F /dev/mapper/top ;;
    xfs) mkfs.xfs -q -f /dev/mapper/top 2> /dev/null ;;
    esac
    holds "$system is mounted on apus-linear on apus-striped on apus-delay and apus-flakey" mount \
        /dev/mapper/top /tmp/mounted
    # fio reads back and verifies what it writes all the time.
    fio --name=load --directory=/tmp/mounted --rw=randwrite --bsrange=4k-32k --size=6m --numjobs=2 \
        --ioengine=psync --fsync=16 --verify=crc32c \
        --verify_backlog=32 --verify_fatal=1 --time_based --runtime=600 > /tmp/load 2>&1 &
    load=$!
    sleep 1
    for name in top stripes first second; do
        holds "$name is suspended and resumed under load" eval \
            "dmsetup suspend $name && sleep 0.1 && dmsetup resume $name"
    done
    holds "stripes is suspended without a flush and resumed under load" eval \
        'dmsetup suspend --noflush --nolockfs stripes && dmsetup resume stripes'
    holds "top gets a table of linear and apus-linear under load" give_another
    holds "top gets its old table under load" again top "$top"
    holds "stripes gets a table of striped under load" again stripes "${striped/apus-/}"
    holds "stripes gets its old table of apus-striped under load" again stripes "$striped"
    holds "first gets the same table again under load" again first "$delay"
    fails_with "a removal of the mounted device fails with EBUSY" \
        "Device or resource busy" dmsetup remove --noudevsync top
    fails_with "a removal of a device below another one fails with EBUSY" \
        "Device or resource busy" dmsetup remove stripes
    fails_with "a table that is too large for the lower device is refused with EINVAL" \
        "Invalid argument" again top "0 $length apus-linear /dev/mapper/stripes 20480"
    holds "after the refused table, the device is resumed" dmsetup resume top
    same "after the refused table, the device has its old table" \
        "0 $length apus-linear $(cat "$(sysfs stripes)/dev") 4096" "$(dmsetup table top)"
    sleep 1
    kill -INT $load
    wait $load
    same "fio verifies the data that it wrote to $system during all changes" 0 \
        "$(grep -cE 'error|verify:|fatal' /tmp/load)"
    run_fio kept --directory=/tmp/mounted --rw=randwrite --bs=4k --size=4m --ioengine=psync \
        --verify=crc32c --do_verify=0 --end_fsync=1
    umount /tmp/mounted
    drop_caches
    case $system in
    ext4) holds "after the load, fsck.ext4 finds no error" fsck.ext4 -f -n /dev/mapper/top ;;
    xfs) holds "after the load, xfs_repair finds no error" xfs_repair -n /dev/mapper/top ;;
    esac
    mount /dev/mapper/top /tmp/mounted
    run_fio kept --directory=/tmp/mounted --rw=randwrite --bs=4k --size=4m --ioengine=psync \
        --verify=crc32c --verify_only
    same "after a second mount, the file system has its last data" "0 0" "$fio_status $fio_error"
    if [ $system = ext4 ]; then umount /tmp/mounted; fi
done
# Deferred removal of a mounted device: it is removed when its last user closes it.
holds "a deferred removal of a mounted device succeeds" dmsetup remove --deferred top
holds "the device exists until its last user closes it" dmsetup info top
umount /tmp/mounted
absent() { ! dmsetup info "$1" > /dev/null 2>&1; }
holds "the device is removed when its last user closes it" soon absent top
gone stripes first second
same "after the removal, no mapped device holds the lower devices" "0 0" "$(opened $a) $(opened $b)"

# --- The kernel's snapshots, on our targets and below them ---
dd if=/dev/urandom of=$a bs=1M count=16 oflag=direct status=none
dmsetup create origin --table "0 32768 apus-linear $a 0"
dmsetup create store --table "0 32768 apus-striped 2 16 $b 0 $c 0"
dd if=/dev/zero of=/dev/mapper/store bs=4k count=1 oflag=direct status=none
dmsetup create watched --table "0 32768 snapshot-origin /dev/mapper/origin"
holds "a snapshot of apus-linear with a store on apus-striped is made" dmsetup create snapshot \
    --table "0 32768 snapshot /dev/mapper/origin /dev/mapper/store P 8"
before=$(dd if=/dev/mapper/snapshot bs=1M iflag=direct status=none | digest)
run_fio verified --filename=/dev/mapper/watched --rw=randwrite --bs=4k --direct=1 \
    --ioengine=io_uring --iodepth=8 --size=2m --verify=crc32c
same "fio verifies data that is written to the origin" "0 0" "$fio_status $fio_error"
same "after writes to the origin, the snapshot is unchanged" "$before" \
    "$(dd if=/dev/mapper/snapshot bs=1M iflag=direct status=none | digest)"
refuses "after the writes, the origin has changed" [ "$before" = \
    "$(dd if=/dev/mapper/watched bs=1M iflag=direct status=none | digest)" ]
after=$(dd if=/dev/mapper/watched bs=1M iflag=direct status=none | digest)
holds "apus-linear on the snapshot is made" dmsetup create above \
    --table "0 16384 apus-linear /dev/mapper/snapshot 16384"
mkfs.ext4 -q -F /dev/mapper/above
mount /dev/mapper/above /tmp/mounted
run_fio verified --directory=/tmp/mounted --rw=randwrite --bs=4k --size=1m --ioengine=psync \
    --verify=crc32c --end_fsync=1
same "fio verifies data on ext4 on apus-linear on the snapshot" "0 0" "$fio_status $fio_error"
holds "the origin is suspended and resumed while the file system is mounted" eval \
    'dmsetup suspend watched && dmsetup suspend origin && dmsetup resume origin && dmsetup resume watched'
umount /tmp/mounted
holds "fsck.ext4 finds no error in the file system on the snapshot" \
    fsck.ext4 -f -n /dev/mapper/above
same "after writes to the snapshot, the origin is unchanged" "$after" \
    "$(dd if=/dev/mapper/watched bs=1M iflag=direct status=none | digest)"
gone above
contains "dmsetup shows the status of the snapshot" "0 32768 snapshot " "$(dmsetup status snapshot)"
refuses "the status of the snapshot is not Invalid" eval 'dmsetup status snapshot | grep -q Invalid'
gone snapshot watched store origin

# --- The lower device fails, and is removed ---
modprobe apus_null nr_devices=0
modprobe -q configfs
for below in nullb apusnull; do
    item=/sys/kernel/config/$below/apusbad
    mkdir $item
    for setting in size=32 memory_backed=1 power=1; do
        echo "${setting#*=}" > "$item/${setting%=*}"
    done
    # The null_blk of 6.1 names the device after its number.
    for device in /dev/apusbad /dev/nullb4; do if [ -b $device ]; then break; fi; done
    echo +2048-2055 > $item/badblocks
    dmsetup create lowest --table "0 65536 apus-linear $device 0"
    dmsetup create stripes --table "0 65536 apus-striped 2 16 /dev/mapper/lowest 0 $c 0"
    dmsetup create top --table "0 65536 apus-flakey /dev/mapper/stripes 0 3600 0"
    fails_with "$below: a read of a bad block below three targets fails with EIO" \
        "Input/output error" dd if=/dev/mapper/top of=/dev/null bs=4k skip=512 count=1 iflag=direct
    holds "a read of the block behind the bad one succeeds" \
        dd if=/dev/mapper/top of=/dev/null bs=4k skip=513 count=1 iflag=direct
    contains "the status of apus-striped marks the stripe as failed" \
        " 1 DA" "$(dmsetup status stripes)"
    fio --name=load --filename=/dev/mapper/top --rw=randrw --bs=4k --size=8m --direct=1 \
        --ioengine=io_uring --iodepth=8 --time_based --runtime=600 > /tmp/load 2>&1 &
    load=$!
    sleep 1
    holds "$below: the lowest device is powered off under load within a minute" \
        timeout 60 sh -c "echo 0 > $item/power"
    holds "fio on the stack ends within a minute" ends_within 60 $load
    contains "fio on the stack ends with an error" "error" "$(cat /tmp/load)"
    fails_with "a read of the stripe on the removed device fails with EIO" \
        "Input/output error" dd if=/dev/mapper/top of=/dev/null bs=4k count=1 iflag=direct
    holds "a read of the other stripe succeeds" \
        dd if=/dev/mapper/top of=/dev/null bs=8k skip=1 count=1 iflag=direct
    holds "dmsetup status of the stripes succeeds" dmsetup status stripes
    holds "the stack on the removed device is suspended and resumed" \
        eval 'dmsetup suspend top && dmsetup resume top'
    gone top stripes lowest
    holds "$below: the directory of the removed device is removed" rmdir $item
done
holds "apus_null unloads" rmmod apus_null

# --- The order of flushes: after a journal replay the file system is clean at each flush ---
dmsetup create logged --table "0 65536 log-writes $a $b"
dmsetup create late \
    --table "0 65536 apus-delay /dev/mapper/logged 0 0 /dev/mapper/logged 0 3 /dev/mapper/logged 0 1"
dmsetup create stripe --table "0 65536 apus-striped 1 64 /dev/mapper/late 0"
dmsetup create top --table "0 65536 apus-linear /dev/mapper/stripe 0"
mkfs.ext4 -q -F -O ^resize_inode /dev/mapper/top
dmsetup message logged 0 mark made
mount /dev/mapper/top /tmp/mounted
for turn in 1 2 3 4; do
    head -c 100000 /dev/urandom > "/tmp/mounted/file$turn"
    sync "/tmp/mounted/file$turn"
    digest < "/tmp/mounted/file$turn" > "/tmp/digest$turn"
    dmsetup message logged 0 mark "written$turn"
    if [ $turn = 3 ]; then rm /tmp/mounted/file1; fi
done
umount /tmp/mounted
gone top stripe late logged
# check MARK: a copy of the state at that mark is clean.
cat > /tmp/check << 'CHECK'
dd if=/dev/nullb2 of=/dev/nullb3 bs=1M count=32 status=none
fsck.ext4 -p /dev/nullb3 > /tmp/fsck 2>&1
fsck.ext4 -f -n /dev/nullb3 > /tmp/fsck 2>&1 || { sed 's/^/# /' /tmp/fsck; echo "bad $1"; exit 0; }
case $1 in
written*)
    mount -o ro /dev/nullb3 /tmp/mounted
    md5sum < "/tmp/mounted/file${1#written}" | cut -c 1-32 | cmp -s - "/tmp/digest${1#written}" || echo "lost $1"
    umount /tmp/mounted
    ;;
esac
echo "good $1"
CHECK
blkdiscard $c
perl log.pl $b replay $c "bash /tmp/check" flushes > /tmp/checked
sed -n '/^#/p' /tmp/checked
same "at each mark, the replayed file system has the file that was synced" \
    "good written1 good written2 good written3 good written4" \
    "$(grep -oE '(good|bad|lost) written.*' /tmp/checked | tr '\n' ' ' | sed 's/ $//')"
between "the replayed file system is clean at eight flushes or more" \
    8 1000 "$(grep -c '^good flush' /tmp/checked)"
same "the replayed file system is never damaged, and loses no synced file" \
    "" "$(grep -E '^(bad|lost)' /tmp/checked)"
# --- Writes that a worker of the block layer sends to `map` (6.10 and later) ---
# Appends to dm-crypt are emulated, so device mapper plugs the writes of a zone with a write in
# flight, and a worker submits them. A worker has no list of the bios that a task submits in `map`.
if grep -q ' blk_zone_wplug_bio_work$' /proc/kallsyms; then
    zoned=/sys/kernel/config/nullb/zoned
    mkdir $zoned
    for setting in size=128 memory_backed=1 zoned=1 zone_size=4 irqmode=2 \
        completion_nsec=2000000 power=1; do
        echo "${setting#*=}" > "$zoned/${setting%=*}"
    done
    for zones in /dev/nullb4 /dev/zoned; do if [ -b $zones ]; then break; fi; done
    key=$(head -c 64 /dev/urandom | od -An -v -tx1 | tr -d ' \n')
    # apus-flakey follows each bio to its end, and apus-linear does not.
    dmsetup create plugged << TABLE
0 65536 crypt aes-xts-plain64 $key 0 $zones 0
65536 65536 apus-linear $zones 65536
131072 65536 apus-flakey $zones 131072 3600 0
TABLE
    trace=/sys/kernel/tracing
    echo blk_zone_wplug_bio_work > $trace/set_ftrace_filter
    echo function > $trace/current_tracer
    for offset in 32 64; do
        run_fio plugged --filename=/dev/mapper/plugged --direct=1 --rw=write --bs=64k \
            --offset=${offset}m --size=16m --ioengine=libaio --iodepth=16 --buffer_pattern=0x61
        same "writes that zone write plugs hold at $offset MiB succeed" "status 0, 0 errors" \
            "status $fio_status, $fio_errors errors"
        same "the writes reach the zoned device in order" \
            "$(head -c 16777216 /dev/zero | tr '\0' a | digest)" \
            "$(dd if=$zones bs=1M skip=$offset count=16 iflag=direct status=none | digest)"
    done
    between "the worker of the zone write plugs submits at least 64 writes" 64 512 \
        "$(grep -c blk_zone_wplug_bio_work $trace/trace)"
    echo nop > $trace/current_tracer
    : > $trace/set_ftrace_filter
    gone plugged
    echo 0 > $zoned/power
    rmdir $zoned
else
    skip "writes that the worker of the zone write plugs submits" \
        "this kernel plugs no writes of zones"
fi
same "after the removal, no mapped device holds a lower device" \
    "0 0 0 0" "$(opened $a) $(opened $b) $(opened $c) $(opened $d)"
for kind in linear striped delay flakey; do unloads apus_$kind nothing; done
