#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's null_blk and the drop-in of the same name, one after the other, asked the same: each answer has to be the same.
# apus: dropin suite=vm memory=1024 cpus=2 timeout=400
. ./lib.sh

modprobe configfs
mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
config=/sys/kernel/config/nullb
c_module=/lib/modules/$(uname -r)/kernel/drivers/block/null_blk/null_blk.ko

# load ARGUMENT…: the module whose turn it is.
our_module=/lib/modules/$(uname -r)/updates/null_blk.ko
load() { if [ "$turn" = c ]; then insmod "$c_module" "$@"; else insmod "$our_module" "$@"; fi; }
unload() { rmmod null_blk; }

# asked QUESTION COMMAND…: one answer: the command's output, or how it failed. (Without further processes: they are slow here.)
asked() {
    local question=$1 seen status=0
    shift
    seen=$("$@" 2>&1) || status=$?
    # What differs by name only: how the shell names itself, and insmod the file.
    seen=${seen#*: write error: }
    seen=${seen/insmod: ERROR: could not insert module *null_blk.ko: /}
    seen=${seen//$'\n'/;}
    [ $status = 0 ] || seen="$seen, failed"
    printf '%s\t%s\n' "$question" "${seen:-nothing}" >> "/tmp/answers.$turn"
}
# put ATTRIBUTE VALUE: sets an attribute of the device in configfs that is being asked; get shows it.
put() { printf '%s\n' "$2" > "$config/dev/$1"; }
get() { printf '%s\n' "$(< "$config/dev/$1")"; }
# all FILE…: the files' lines, with their names.
all() {
    local file
    for file; do printf '%s=%s ' "${file##*/}" "$(< "$file")"; done
}
# device ATTRIBUTE=VALUE…: a fresh device, on.
device() {
    local pair
    mkdir "$config/dev" || return
    for pair; do put "${pair%%=*}" "${pair#*=}" || return; done
    put power 1
}
no_device() { rmdir "$config/dev"; }

# --- What is asked ---

# Each parameter, its default, and what it says to values at and beyond its ends.
ask_parameters() {
    local name
    load nr_devices=0
    asked "the parameters and their defaults" all /sys/module/null_blk/parameters/*
    asked "their modes" stat -c '%n %a' /sys/module/null_blk/parameters/*
    unload
    asked "modinfo's parameters and types" parameter_types
    for name in gb bs nr_devices submit_queues poll_queues hw_queue_depth max_sectors home_node no_sched queue_mode irqmode completion_nsec \
        mbps cache_size zone_size zone_nr_conv zone_max_open; do
        asked "$name=99999999999999999999" load nr_devices=0 "$name=99999999999999999999"
    done
    for name in gb nr_devices queue_mode irqmode mbps zone_size; do
        asked "$name=" load nr_devices=0 "$name="
        asked "$name=3x" load nr_devices=0 "$name=3x"
    done
    for name in gb=2147483648 gb=-2147483649 nr_devices=-1 nr_devices=4294967296 mbps=-1 zone_size=-1 irqmode=3 irqmode=-1 queue_mode=3 queue_mode=1 \
        memory_backed=2 memory_backed= shared_tags=banana; do
        asked "$name" load nr_devices=0 "$name"
    done
    for name in "gb=-1 bs=0x400 submit_queues=02 no_sched=-5 mbps=4294967295 zone_size=18446744073709551615 memory_backed blocking=off discard=Y" \
        "bs=99999 submit_queues=0 irqmode=0 queue_mode=0 home_node=77 use_per_node_hctx=1" "submit_queues=-3 hw_queue_depth=0 zoned=1"; do
        # shellcheck disable=SC2086
        asked "loading with $name" load nr_devices=0 $name
        asked "what becomes of $name" all /sys/module/null_blk/parameters/*
        unload
    done
    for name in "gb=1" "gb=2 nr_devices=3 shared_tags=1" "gb=1 bs=4096 max_sectors=64 hw_queue_depth=17" "gb=1 bs=8192" "gb=1 bs=1000" \
        "gb=1 submit_queues=64 no_sched=1" "gb=1 submit_queues=0 poll_queues=0" "gb=0"; do
        # shellcheck disable=SC2086
        asked "devices with $name" try_devices $name
    done
}
parameter_types() {
    local file=$c_module
    [ "$turn" = c ] || file=null_blk
    # (The two that have a callback of their own have no type in C's.)
    modinfo -F parm "$file" | sed -E 's/:.*\((int|uint|ulong|bool|charp)\)$/ \1/; s/:.*/ none/; /^(queue_mode|irqmode) /s/ .*//' | sort
}
try_devices() {
    local disk
    load "$@" || return
    for disk in /sys/block/nullb*; do
        all "$disk"/{size,queue/{logical_block_size,nr_requests,scheduler,max_hw_sectors_kb}} "$disk"/mq/*/nr_tags
    done
    unload
}

# configfs: directories, attributes, what they take, and when.
ask_configuration() {
    local name value
    load nr_devices=1 gb=1
    asked "the directory" ls $config
    asked "features" cat $config/features
    asked "a directory with the name of a disk" mkdir $config/nullb0
    mkdir $config/dev
    asked "the attributes and their modes" stat -c '%n %a' $config/dev/*
    for name in $config/dev/*; do [ -f "$name" ] && asked "${name##*/} at first" get "${name##*/}"; done
    asked "the same directory once more" mkdir $config/dev
    for name in size completion_nsec submit_queues poll_queues home_node queue_mode blocksize max_sectors irqmode hw_queue_depth index blocking \
        use_per_node_hctx memory_backed discard mbps cache_size zoned zone_size zone_capacity zone_nr_conv zone_max_open zone_max_active \
        virt_boundary no_sched shared_tags shared_tag_bitmap power $(newer fua zone_full zone_append_max_sectors); do
        for value in "" banana -1 0x10 1.5 99999999999 18446744073709551616; do
            asked "'$value' into $name" put_and_get "$name" "$value"
        done
    done
    rmdir $config/dev
    device size=64
    for name in size completion_nsec home_node queue_mode blocksize max_sectors irqmode hw_queue_depth index blocking use_per_node_hctx \
        memory_backed discard mbps cache_size zoned zone_size zone_capacity zone_nr_conv zone_max_open zone_max_active virt_boundary no_sched \
        shared_tags shared_tag_bitmap; do
        asked "$name while it is on" put "$name" 1
    done
    asked "features while it is on" put features 1
    asked "the device is there" cat /sys/block/dev/size
    asked "switched on once more" put power 1
    asked "its index" get index
    asked "queues while it is on" put_and_get submit_queues 2
    asked "as many as that" entries /sys/block/dev/mq
    asked "no queues while it is on" put submit_queues 0
    asked "more than there are CPUs while it is on" put submit_queues 64
    asked "poll queues beyond the parameter while it is on" put poll_queues 4
    asked "switched off" put_and_get power 0
    asked "the disk is gone" ls /sys/block/dev
    asked "attributes can be set again" put_and_get size 32
    asked "switched on again" put power 1
    asked "with the new size" cat /sys/block/dev/size
    asked "unloading while a directory is there" rmmod null_blk
    asked "removing the directory of a device that is on" rmdir $config/dev
    asked "the disk is gone with it" ls /sys/block/dev
    for pairs in "queue_mode=1" "blocksize=1000" "blocksize=8192" "blocksize=0" "hw_queue_depth=0" "zoned=1 zone_size=3" "zoned=1 zone_size=0" \
        "zoned=1 size=16 zone_size=32" "zoned=1 size=64 zone_size=4 zone_capacity=8" "zoned=1 size=63 zone_size=4 zone_capacity=3"; do
        # shellcheck disable=SC2086
        asked "power with $pairs" device $pairs
        no_device
    done
    for pairs in "irqmode=9" "mbps=100000" "submit_queues=99" "submit_queues=0" "poll_queues=9" "cache_size=4" "use_per_node_hctx=1 submit_queues=2" \
        "discard=1" "memory_backed=1 discard=1" "queue_mode=0" "memory_backed=1 cache_size=4"; do
        # shellcheck disable=SC2086
        device size=64 $pairs
        asked "what $pairs becomes" all $config/dev/{irqmode,mbps,submit_queues,poll_queues,cache_size,blocking,discard,queue_mode,power}
        asked "the queue of $pairs" limits
        no_device
    done
    for pairs in "size=100" "size=100 blocksize=4096" "virt_boundary=1" "max_sectors=128" "no_sched=1" "shared_tags=1" "shared_tag_bitmap=1" "blocking=1" \
        "poll_queues=0" "submit_queues=2 poll_queues=1 hw_queue_depth=8" "memory_backed=1 cache_size=1 blocksize=1024" "irqmode=2" "mbps=10"; do
        # shellcheck disable=SC2086
        device size=64 $pairs
        asked "the queue of $pairs" limits
        no_device
    done
    unload
}
newer() { if [ "$(uname -r | cut -d. -f2)" -ge 12 ]; then echo "$@"; fi; }
put_and_get() { put "$1" "$2" && get "$1"; }
limits() {
    local name
    all /sys/block/dev/size /sys/block/dev/mq/*/nr_tags
    for name in logical_block_size physical_block_size minimum_io_size optimal_io_size max_hw_sectors_kb max_segments max_segment_size \
        virt_boundary_mask discard_granularity discard_max_hw_bytes write_zeroes_max_bytes write_cache fua rotational add_random \
        nr_requests scheduler zoned io_poll nomerges dma_alignment stable_writes zone_append_max_bytes chunk_sectors max_open_zones max_active_zones nr_zones; do
        [ -e /sys/block/dev/queue/$name ] && printf '%s=%s ' $name "$(< /sys/block/dev/queue/$name)"
    done
}

# What is written is there, in each mode; what a flush, a discard and a loss of power do.
ask_contents() {
    local mode
    load nr_devices=0
    for mode in irqmode=0 irqmode=1 "irqmode=2 completion_nsec=50000" blocking=1 "submit_queues=2 hw_queue_depth=4" shared_tags=1 shared_tag_bitmap=1 \
        "cache_size=2" "cache_size=2 blocksize=4096" "virt_boundary=1" "max_sectors=32" "mbps=400" "poll_queues=0"; do
        # shellcheck disable=SC2086
        device size=32 memory_backed=1 $mode
        run_fio verify --filename=/dev/dev --rw=randrw --bsrange=4k-64k --direct=1 --ioengine=io_uring --iodepth=8 --size=6m \
            --verify=crc32c --verify_fatal=1
        asked "fio verifies with $mode" echo "status $fio_status, error $fio_error"
        no_device
    done
    device size=32 memory_backed=1
    run_fio polled --filename=/dev/dev --rw=randread --bs=4k --direct=1 --ioengine=io_uring --hipri=1 --iodepth=4 --size=4m
    asked "fio polls" echo "status $fio_status, error $fio_error, read $fio_read"
    no_device

    head -c 4M /dev/urandom > /tmp/data
    device size=32 memory_backed=1 discard=1
    dd if=/tmp/data of=/dev/dev bs=1M oflag=direct status=none
    asked "discarding" blkdiscard --offset 1048576 --length 1048576 /dev/dev
    { head -c 1M /tmp/data; head -c 1M /dev/zero; tail -c 2M /tmp/data; } > /tmp/expected
    asked "what was discarded is zeroes, the rest is there" cmp -n 4194304 /tmp/expected /dev/dev
    asked "an unaligned discard" blkdiscard --offset 512 --length 1024 /dev/dev
    dd if=/dev/zero of=/tmp/expected bs=512 seek=1 count=2 conv=notrunc status=none
    asked "is exact" cmp -n 4194304 /tmp/expected /dev/dev
    put power 0
    put power 1
    asked "contents outlive the power" cmp -n 4194304 /tmp/expected /dev/dev
    no_device
    device size=32 memory_backed=1
    asked "no discard without discard=1" blkdiscard /dev/dev
    no_device
    device size=32 discard=1
    asked "nor without memory" blkdiscard /dev/dev
    no_device

    device size=32 memory_backed=1 cache_size=16
    dd if=/tmp/data of=/dev/dev bs=1M oflag=direct conv=fsync status=none
    dd if=/dev/urandom of=/dev/dev bs=64k count=4 oflag=direct status=none
    put power 0
    put power 1
    asked "what was not flushed is lost with the power, what was flushed is not" cmp -n 4194304 /tmp/data /dev/dev
    dd if=/dev/zero of=/dev/dev bs=64k count=4 oflag=direct,sync status=none
    dd if=/dev/zero of=/tmp/data bs=64k count=4 conv=notrunc status=none
    put power 0
    put power 1
    asked "what was written with FUA or a flush is not lost" cmp -n 4194304 /tmp/data /dev/dev
    no_device
    unload
}

# A bandwidth limit is kept: 16 MiB at 4 MiB/s take 3 seconds at least, however fast or slow the machine is.
# (A request of more than a tick's bytes, a fiftieth of a second's, never passes.)
ask_throttle() {
    local start
    load nr_devices=0
    device size=32 mbps=4
    start=$SECONDS
    run_fio slow --filename=/dev/dev --rw=randwrite --bs=4k --direct=1 --ioengine=io_uring --iodepth=4 --size=16m
    asked "16 MiB at 4 MiB/s" echo "written $fio_written, in 3 seconds at least: $([ $((SECONDS - start)) -ge 3 ] && echo yes)"
    no_device
    unload
}

for turn in c swift; do
    : > /tmp/answers.$turn
    ask_parameters
    ask_configuration
    ask_contents
    ask_throttle
done

same "as many questions were answered" "$(wc -l < /tmp/answers.c)" "$(wc -l < /tmp/answers.swift)"
# One line for the answers that are the same, one for each that is not.
paste -d '\t' /tmp/answers.c /tmp/answers.swift | awk -F '\t' '
    $1 == $3 && $2 == $4 { equal++; next }
    { printf "not ok - %s: C answers: %s; ours: %s\n", $1, $2, $4 }
    END { printf "ok - answers that are the same: %d of %d\n", equal, NR }'
