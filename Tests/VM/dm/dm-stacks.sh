#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Device mapper: file systems on stacks of three targets, which are suspended, given other tables
# and removed under load, the kernel's snapshots above and below our targets, devices that fail and
# vanish, and a file system that is clean at every flush.
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
    holds "$system on apus-linear on apus-striped on apus-delay and apus-flakey" mount \
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
    holds "without a flush as well" eval \
        'dmsetup suspend --noflush --nolockfs stripes && dmsetup resume stripes'
    holds "the top is given a table of two lines, one of them the kernel's" give_another
    holds "and its own one again" again top "$top"
    holds "the stripes are given the kernel's" again stripes "${striped/apus-/}"
    holds "and ours" again stripes "$striped"
    holds "a device is given the table that it has" again first "$delay"
    fails_with "one that is in use is not removed" "Device or resource busy" dmsetup remove \
        --noudevsync top
    fails_with "nor is one in the middle" "Device or resource busy" dmsetup remove stripes
    fails_with "a table that is too large for the device below is refused" "Invalid argument" \
        again top "0 $length apus-linear /dev/mapper/stripes 20480"
    holds "and the device can go on" dmsetup resume top
    same "with the table that it has" "0 $length apus-linear $(cat "$(sysfs stripes)/dev") 4096" \
        "$(dmsetup table top)"
    sleep 1
    kill -INT $load
    wait $load
    same "$system has read back all that was written meanwhile" 0 \
        "$(grep -cE 'error|verify:|fatal' /tmp/load)"
    run_fio kept --directory=/tmp/mounted --rw=randwrite --bs=4k --size=4m --ioengine=psync \
        --verify=crc32c --do_verify=0 --end_fsync=1
    umount /tmp/mounted
    drop_caches
    case $system in
    ext4) holds "ext4 is in order" fsck.ext4 -f -n /dev/mapper/top ;;
    xfs) holds "xfs is in order" xfs_repair -n /dev/mapper/top ;;
    esac
    mount /dev/mapper/top /tmp/mounted
    run_fio kept --directory=/tmp/mounted --rw=randwrite --bs=4k --size=4m --ioengine=psync \
        --verify=crc32c --verify_only
    same "and has what was written last" "0 0" "$fio_status $fio_error"
    if [ $system = ext4 ]; then umount /tmp/mounted; fi
done
# Deferred removal while it is mounted: the device goes when its last user closes it.
holds "a device that is in use can be removed later" dmsetup remove --deferred top
holds "and is there until then" dmsetup info top
umount /tmp/mounted
absent() { ! dmsetup info "$1" > /dev/null 2>&1; }
holds "and then is not" soon absent top
gone stripes first second
same "nobody holds what was below" "0 0" "$(opened $a) $(opened $b)"

# --- The kernel's snapshots, on our targets and below them ---
dd if=/dev/urandom of=$a bs=1M count=16 oflag=direct status=none
dmsetup create origin --table "0 32768 apus-linear $a 0"
dmsetup create store --table "0 32768 apus-striped 2 16 $b 0 $c 0"
dd if=/dev/zero of=/dev/mapper/store bs=4k count=1 oflag=direct status=none
dmsetup create watched --table "0 32768 snapshot-origin /dev/mapper/origin"
holds "a snapshot of apus-linear, with its store on apus-striped" dmsetup create snapshot \
    --table "0 32768 snapshot /dev/mapper/origin /dev/mapper/store P 8"
before=$(dd if=/dev/mapper/snapshot bs=1M iflag=direct status=none | digest)
run_fio verified --filename=/dev/mapper/watched --rw=randwrite --bs=4k --direct=1 \
    --ioengine=io_uring --iodepth=8 --size=2m --verify=crc32c
same "what is written to the origin reads back" "0 0" "$fio_status $fio_error"
same "and the snapshot is as it was" "$before" \
    "$(dd if=/dev/mapper/snapshot bs=1M iflag=direct status=none | digest)"
refuses "which the origin is not" [ "$before" = \
    "$(dd if=/dev/mapper/watched bs=1M iflag=direct status=none | digest)" ]
after=$(dd if=/dev/mapper/watched bs=1M iflag=direct status=none | digest)
holds "apus-linear on a snapshot" dmsetup create above \
    --table "0 16384 apus-linear /dev/mapper/snapshot 16384"
mkfs.ext4 -q -F /dev/mapper/above
mount /dev/mapper/above /tmp/mounted
run_fio verified --directory=/tmp/mounted --rw=randwrite --bs=4k --size=1m --ioengine=psync \
    --verify=crc32c --end_fsync=1
same "a file system on it keeps what is written" "0 0" "$fio_status $fio_error"
holds "the origin is suspended and resumed meanwhile" eval \
    'dmsetup suspend watched && dmsetup suspend origin && dmsetup resume origin && dmsetup resume watched'
umount /tmp/mounted
holds "and is in order" fsck.ext4 -f -n /dev/mapper/above
same "while the origin is as it was" "$after" \
    "$(dd if=/dev/mapper/watched bs=1M iflag=direct status=none | digest)"
gone above
contains "the snapshot has not been given up" "0 32768 snapshot " "$(dmsetup status snapshot)"
refuses "nor is it invalid" eval 'dmsetup status snapshot | grep -q Invalid'
gone snapshot watched store origin

# --- The lower device fails, and vanishes ---
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
    fails_with "$below: a bad block below three targets is an I/O error" "Input/output error" dd \
        if=/dev/mapper/top of=/dev/null bs=4k skip=512 count=1 iflag=direct
    holds "and the one behind it is none" dd if=/dev/mapper/top of=/dev/null bs=4k skip=513 \
        count=1 iflag=direct
    contains "which the stripe tells" " 1 DA" "$(dmsetup status stripes)"
    fio --name=load --filename=/dev/mapper/top --rw=randrw --bs=4k --size=8m --direct=1 \
        --ioengine=io_uring --iodepth=8 --time_based --runtime=600 > /tmp/load 2>&1 &
    load=$!
    sleep 1
    holds "$below: the device below vanishes under load" timeout 60 sh -c "echo 0 > $item/power"
    holds "and those who use it end" ends_within 60 $load
    contains "with an error" "error" "$(cat /tmp/load)"
    fails_with "what is there of it reads no more" "Input/output error" dd if=/dev/mapper/top \
        of=/dev/null bs=4k count=1 iflag=direct
    holds "the other stripe does" dd if=/dev/mapper/top of=/dev/null bs=8k skip=1 count=1 \
        iflag=direct
    holds "its status can be asked for" dmsetup status stripes
    holds "the stack is suspended and resumed" eval 'dmsetup suspend top && dmsetup resume top'
    gone top stripes lowest
    holds "$below: and its directory can be removed" rmdir $item
done
holds "the modules below can be unloaded" rmmod apus_null

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
same "every mark has what was synced" "good written1 good written2 good written3 good written4" \
    "$(grep -oE '(good|bad|lost) written.*' /tmp/checked | tr '\n' ' ' | sed 's/ $//')"
between "the file system is in order at flushes" 8 1000 "$(grep -c '^good flush' /tmp/checked)"
same "and at each of them" "" "$(grep -E '^(bad|lost)' /tmp/checked)"
# --- Writes that a worker of the block layer sends to `map` (6.10 and later) ---
# dm-crypt has appends emulated, so device mapper plugs the writes of a zone that has one under way,
# and a worker sends them. It has no list of bios that a task submits in `map`.
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
        same "plugged writes at $offset MiB succeed" "status 0, 0 errors" \
            "status $fio_status, $fio_errors errors"
        same "and arrive in order" "$(head -c 16777216 /dev/zero | tr '\0' a | digest)" \
            "$(dd if=$zones bs=1M skip=$offset count=16 iflag=direct status=none | digest)"
    done
    between "and the worker sent many of them" 64 512 \
        "$(grep -c blk_zone_wplug_bio_work $trace/trace)"
    echo nop > $trace/current_tracer
    : > $trace/set_ftrace_filter
    gone plugged
    echo 0 > $zoned/power
    rmdir $zoned
else
    skip "writes that a worker sends" "this kernel plugs no writes of zones"
fi
same "nobody holds a device" "0 0 0 0" "$(opened $a) $(opened $b) $(opened $c) $(opened $d)"
for kind in linear striped delay flakey; do unloads apus_$kind nothing; done
