#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Device mapper: a bio that the target takes back and sends again is in its original state, also if
# the lower device changed it. Lower devices that divide bios, or have large blocks, zones or
# integrity data.
# apus: memory=1024 cpus=2 timeout=600 files=dm-lib.sh
# differs: how a bio is divided and accounted
. ./lib.sh
# shellcheck source=dm-lib.sh
. ./dm-lib.sh

case $(uname -r) in 6.1.*) is_old=1 ;; *) is_old= ;; esac
modprobe apus_dm_hooks
modprobe null_blk nr_devices=0
counted() {
    dmsetup status ours | sed 's/^.*apus-again //' | awk -v name="$1" '$1 == name { print $2 }'
}
say() { dmsetup message ours 0 "$@"; }
sectors_read() { awk '{ print $3 }' "/sys/block/$1/stat"; }

# make TABLE: a device with that table, which sends bios again from a work item of its own. (With
# `later 0` it sends them from `ended`, and the library submits them from a work item.)
make() { dmsetup create ours --table "$1" && say later 1; }

# over WHAT: data that is written by bios that are sent several times reads back, also by bios that
# are sent several times. No bio has changed.
over() {
    dd if=/dev/urandom of=/tmp/data bs=1M count=4 status=none
    say times 3
    same "$1: writes that the target sends three times succeed" "" \
        "$(dd if=/tmp/data of=/dev/mapper/ours bs=1M oflag=direct conv=notrunc,fsync status=none 2>&1)"
    same "reads that the target sends three times return the written data" "$(digest < /tmp/data)" \
        "$(dd if=/dev/mapper/ours bs=1M count=4 iflag=direct status=none | digest)"
    say times 1
    same "reads that the target sends once return the written data" "$(digest < /tmp/data)" \
        "$(dd if=/dev/mapper/ours bs=1M count=4 iflag=direct status=none | digest)"
    say times 3
    run_fio verified --filename=/dev/mapper/ours --rw=randrw --bsrange=4k-128k --direct=1 \
        --ioengine=io_uring --iodepth=16 --size=4m --verify=crc32c
    same "concurrent bios that a work item sends again verify" "0 0" "$fio_status $fio_error"
    say later 0
    run_fio verified --filename=/dev/mapper/ours --rw=randrw --bsrange=4k-128k --direct=1 \
        --ioengine=io_uring --iodepth=16 --size=4m --verify=crc32c
    same "concurrent bios that the end hook sends again verify" "0 0" "$fio_status $fio_error"
    say later 1
    say times 1
    between "the target takes back at least 20 bios" 20 1000000 "$(counted taken)"
    same "no bio is refused to the target, and no bio has changed" \
        "0 0" "$(counted refused) $(counted changed)"
}

# --- Devices that divide bios ---
for case in "max_sectors=8" "virt_boundary=1" "blocksize=4096 max_sectors=8" \
    "irqmode=2 completion_nsec=100000 max_sectors=16"; do
    # shellcheck disable=SC2086
    lower nulla ${case}
    make "0 131072 apus-again /dev/nulla"
    over "$case"
    gone ours
    unlower nulla
done
# The bio's memory has 8 pieces, and the bio is sent 3 times.
writes() { awk '{ print $5 }' "/sys/block/$1/stat"; }
lower nulla virt_boundary=1
make "0 131072 apus-again /dev/nulla"
say times 3
before=$(writes nulla)
same "a bio whose memory has gaps is written and read correctly, three times each" \
    "8 8 True" "$(gaps ours)"
same "the lower device gets each of the 8 pieces three times" 24 $(($(writes nulla) - before))
same "no bio is refused to the target, and no bio has changed" \
    "0 0" "$(counted refused) $(counted changed)"
gone ours
unlower nulla
lower nulla max_sectors=8
lower nullb max_sectors=32 blocksize=4096
make "0 131072 apus-again /dev/nulla /dev/nullb"
say times 2
same "a write that the target sends to two devices in turn succeeds" "" \
    "$(dd if=/tmp/data of=/dev/mapper/ours bs=1M oflag=direct conv=notrunc,fsync status=none 2>&1)"
same "both lower devices have the data of the write" "$(digest < /tmp/data) $(digest < /tmp/data)" \
    "$(for name in nulla nullb; do dd if=/dev/$name bs=1M count=4 iflag=direct status=none |
        digest; done | tr '\n' ' ' | sed 's/ $//')"
gone ours
unlower nullb

# --- Sectors that map did not accept are not sent again either ---
make "0 131072 apus-again /dev/nulla"
say accept 8
say times 3
before=$(sectors_read nulla)
same "a read whose bios map accepts in parts of 8 sectors returns the data" \
    "$(head -c 65536 /tmp/data | digest)" \
    "$(dd if=/dev/mapper/ours bs=64k count=1 iflag=direct status=none | digest)"
same "the lower device reads each part three times" $((3 * 128)) $(($(sectors_read nulla) - before))
same "no bio is refused to the target, and no bio has changed" \
    "0 0" "$(counted refused) $(counted changed)"
gone ours
unlower nulla

# --- A bio that was merged into a request is sent to a bio-based device ---
lower nulla
lower nullb
echo mq-deadline > /sys/block/nulla/queue/scheduler
dmsetup create beneath --table "0 131072 linear /dev/nullb 0"
dmsetup create ours --table "0 131072 apus-retry /dev/nulla /dev/mapper/beneath"
merged() { awk '{ print $6 }' /sys/block/nulla/stat; }
same "sequential buffered writes succeed" "" \
    "$(dd if=/dev/zero of=/dev/mapper/ours bs=1M count=16 conv=fsync status=none 2>&1)"
between "the lower device merges bios into requests" 10 1000000 "$(merged)"
between "the target sends some of the bios again, to a bio-based device" 1 1000000 \
    "$(dmsetup status ours | awk '{ for (i = 1; i < NF; i++) if ($i == "sent") print $(i + 1) }')"
gone ours
gone beneath
unlower nullb
unlower nulla

# --- Flushes: a device without a cache clears their flags ---
lower nulla
lower nullb cache_size=4
make "0 131072 apus-again /dev/nulla /dev/nullb"
say times 2
flushes() { awk '{ print $16 }' /sys/block/nullb/stat; }
before=$(flushes)
dd if=/tmp/data of=/dev/mapper/ours bs=4k count=1 oflag=direct conv=notrunc,fsync status=none
between "a flush reaches the second device, although the first one has no cache" 1 10 \
    $(($(flushes) - before))
same "no bio is refused to the target, and no bio has changed" \
    "0 0" "$(counted refused) $(counted changed)"
gone ours
unlower nulla nullb

# --- Errors that the lower devices do not detect ---
lower nulla blocksize=4096
make "0 65536 apus-again /dev/nulla"
say shift 1
contains "a bio that is moved to within a block of the lower device fails with EIO" \
    "Input/output error" "$(dd if=/dev/mapper/ours bs=4k count=1 iflag=direct status=none 2>&1)"
say shift 8
same "a bio that is moved by a whole block succeeds" "" \
    "$(dd if=/dev/mapper/ours of=/dev/null bs=4k count=1 iflag=direct status=none 2>&1)"
gone ours
unlower nulla

# --- Zones ---
lower nulla zoned=1 zone_size=4 zone_nr_conv=4 max_sectors=64
make "0 131072 apus-again /dev/nulla"
over "conventional zones"
# A write to a sequential zone cannot be repeated.
zone=$((6 * 8192))
write_zone() {
    dd if=/tmp/data of=/dev/mapper/ours bs=64k count=4 seek=$((zone / 128)) oflag=direct \
        conv=notrunc status=none 2>&1
}
same "a write to a sequential zone succeeds" "" "$(write_zone)"
say times 3
same "reads of the zone that the target sends three times return the data" \
    "$(head -c 262144 /tmp/data | digest)" \
    "$(dd if=/dev/mapper/ours bs=64k count=4 skip=$((zone / 128)) iflag=direct status=none |
        digest)"
holds "a zone reset that the target sends three times succeeds" \
    blkzone reset -o $zone -c 1 /dev/mapper/ours
contains "after the reset, the write pointer is at 0" \
    "wptr 0x000000" "$(blkzone report -o $zone -c 1 /dev/nulla)"
contains "a zone write that is sent again after it succeeded fails with EIO" \
    "Input/output error" "$(write_zone)"
say times 1
blkzone reset -o $zone -c 1 /dev/mapper/ours
say back 1
contains "a zone write that the end hook pushes back fails with EIO" \
    "Input/output error" "$(write_zone)"
say back 0
blkzone reset -o $zone -c 1 /dev/mapper/ours
say shift 262144
refuses "a reset of a zone beyond the end of the device fails" \
    blkzone reset -o $zone -c 1 /dev/mapper/ours
say shift 0
gone ours
unlower nulla

# --- Integrity data that the block layer generates for the lower device ---
if protected; then
    contains "the SCSI disk has protection information" "T10-DIF" \
        "$(cat "/sys/block/$disk/integrity/format")"
    make "0 131072 apus-again /dev/$disk"
    over "integrity data that the block layer generates"
    gone ours
    modprobe -r scsi_debug || true
else
    skip "integrity data that the block layer generates" "no scsi_debug"
fi

# --- Bios of one target that wait do not hold up those of another target of the type ---
# The disk has 16 requests for each of its two hardware queues, and executes none.
modprobe apus_faults
faults=/sys/module/apus_faults/parameters
lower nulla
lower nullb
dmsetup create held --table "0 131072 apus-again /dev/nulla /dev/apusfault7"
dmsetup message held 0 times 2
make "0 131072 apus-again /dev/nullb"
say later 0
say times 2
echo 1 > $faults/arm
# Bios that followed each other would be merged into one request.
fio --name=held --filename=/dev/mapper/held --rw=write:4k --bs=4k --size=64m --io_size=256k \
    --direct=1 --ioengine=io_uring --iodepth=64 > /tmp/held 2>&1 &
all_taken() { [ "$(dmsetup status held | grep -c 'taken 64')" = 1 ]; }
holds "64 bios of a target are submitted late, to a disk with 32 requests" soon all_taken
dd if=/tmp/data of=/dev/mapper/ours bs=64k count=1 oflag=direct conv=notrunc status=none &
writer=$!
has_written() { ! kill -0 $writer 2> /dev/null; }
holds "a write to another target, which is submitted late, ends meanwhile" soon has_written
echo 7 > $faults/remove
wait
same "the bios that waited fail when the disk is removed" 1 "$(grep -c 'err= 5' /tmp/held)"
gone ours held
unlower nulla nullb
unloads apus_faults apusfault

# --- Integrity data that belongs to the bio: from dm-crypt, for dm-integrity ---
lower nulla
if modprobe dm-integrity 2> /dev/null && modprobe dm-crypt 2> /dev/null; then
    # Without hmac, the tags hold only the initialization vector of the cipher.
    cipher='capi:authenc(hmac(sha256),xts(aes))-random' bytes=96 tags=48 profile=aead
    if ! modprobe -q hmac || ! modprobe -q authenc; then
        cipher='capi:xts(aes)-random' bytes=64 tags=16 profile=none
    fi
    dmsetup create tags --table "0 1 integrity /dev/nulla 0 $tags D 0"
    size=$(dmsetup status tags | awk '{ print $5 }')
    gone tags
    dmsetup create tags --table "0 $size integrity /dev/nulla 0 $tags D 0"
    make "0 $size apus-again /dev/mapper/tags"
    key=$(head -c $bytes /dev/urandom | od -An -tx1 -v | tr -d ' \n')
    if dmsetup create secret \
        --table "0 $size crypt $cipher $key 0 /dev/mapper/ours 0 1 integrity:$tags:$profile"; then
        say times 3
        same "writes with integrity data of the bio, sent three times, succeed" "" \
            "$(dd if=/tmp/data of=/dev/mapper/secret bs=1M oflag=direct conv=notrunc,fsync status=none 2>&1)"
        same "reads with integrity data of the bio, sent three times, return the data" \
            "$(digest < /tmp/data)" \
            "$(dd if=/dev/mapper/secret bs=1M count=4 iflag=direct status=none | digest)"
        if [ -n "$is_old" ]; then
            between "a bio whose integrity data the kernel has freed is refused to the target" \
                1 100000 "$(counted refused)"
        else
            between "the target takes back bios with integrity data" 8 100000 "$(counted taken)"
            same "no bio with integrity data is refused to the target" 0 "$(counted refused)"
        fi
        same "no bio with integrity data has changed" 0 "$(counted changed)"
        gone secret
    else
        fail "dm-crypt with integrity data is made on the target" "it cannot be made"
    fi
    gone ours tags
else
    skip "integrity data that belongs to the bio" "no dm-integrity"
fi
unlower nulla
unloads apus_dm_hooks nothing
