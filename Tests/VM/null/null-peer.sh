#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Compares the kernel's null_blk with the drop-in module of the same name. Both get the same
# questions, one after the other, and each answer must be the same.
# apus: dropin suite=vm memory=1024 cpus=2 timeout=400
# differs: the parameters and attributes of null_blk
. ./lib.sh

modprobe configfs
# Keeps the modules loaded that ours needs, because insmod does not load them.
modprobe null_blk nr_devices=0 && rmmod null_blk
mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
config=/sys/kernel/config/nullb
c_module=/lib/modules/$(uname -r)/kernel/drivers/block/null_blk/null_blk.ko

# load ARGUMENT…: loads the module that is being tested.
our_module=/lib/modules/$(uname -r)/updates/null_blk.ko
load() { if [ "$turn" = c ]; then insmod "$c_module" "$@"; else insmod "$our_module" "$@"; fi; }
unload() { rmmod null_blk; }

# asked QUESTION COMMAND…: records one answer: the output of the command, or how it failed. It
# starts no further processes, because they are slow here.
asked() {
    local question=$1 seen status=0
    shift
    seen=$("$@" 2>&1) || status=$?
    # Removes differences of names only: the shell's name for itself, and insmod's name for the
    # file.
    seen=${seen#*: write error: }
    seen=${seen/insmod: ERROR: could not insert module *null_blk.ko: /}
    seen=${seen//$'\n'/;}
    [ $status = 0 ] || seen="$seen, failed"
    printf '%s\t%s\t%s\n' "$part" "$question" "${seen:-nothing}" >> "/tmp/answers.$turn"
}
# put ATTRIBUTE VALUE: sets an attribute of the device under test in configfs. get shows it.
put() { printf '%s\n' "$2" > "$config/dev/$1"; }
get() { printf '%s\n' "$(< "$config/dev/$1")"; }
# all FILE…: the contents of the files, with their names.
all() {
    local file
    for file; do printf '%s=%s ' "${file##*/}" "$(< "$file")"; done
}
# device ATTRIBUTE=VALUE…: a new device, powered on.
device() {
    local pair
    mkdir "$config/dev" || return
    for pair; do put "${pair%%=*}" "${pair#*=}" || return; done
    put power 1
}
no_device() { rmdir "$config/dev"; }

# --- The questions ---

# Each parameter, its default, and the result of values at and beyond the ends of its range.
ask_parameters() {
    local name
    load nr_devices=0
    asked "the parameters and their defaults" all /sys/module/null_blk/parameters/*
    asked "their modes" stat -c '%n %a' /sys/module/null_blk/parameters/*
    unload
    asked "modinfo's parameters and types" parameter_types
    for name in gb bs nr_devices submit_queues poll_queues hw_queue_depth max_sectors home_node \
        no_sched queue_mode irqmode completion_nsec \
        mbps cache_size zone_size zone_nr_conv zone_max_open; do
        asked "$name=99999999999999999999" load nr_devices=0 "$name=99999999999999999999"
    done
    for name in gb nr_devices queue_mode irqmode mbps zone_size; do
        asked "$name=" load nr_devices=0 "$name="
        asked "$name=3x" load nr_devices=0 "$name=3x"
    done
    for name in gb=2147483648 gb=-2147483649 nr_devices=-1 nr_devices=4294967296 mbps=-1 \
        zone_size=-1 irqmode=3 irqmode=-1 queue_mode=3 queue_mode=1 \
        memory_backed=2 memory_backed= shared_tags=banana; do
        asked "$name" load nr_devices=0 "$name"
    done
    for name in "gb=-1 bs=0x400 submit_queues=02 no_sched=-5 mbps=4294967295 zone_size=18446744073709551615 memory_backed blocking=off discard=Y" \
        "bs=99999 submit_queues=0 irqmode=0 queue_mode=0 home_node=77 use_per_node_hctx=1" \
        "submit_queues=-3 hw_queue_depth=0 zoned=1"; do
        # shellcheck disable=SC2086
        asked "loading with $name" load nr_devices=0 $name
        asked "what becomes of $name" all /sys/module/null_blk/parameters/*
        unload
    done
    for name in "gb=1" "gb=2 nr_devices=3 shared_tags=1" \
        "gb=1 bs=4096 max_sectors=64 hw_queue_depth=17" "gb=1 bs=8192" "gb=1 bs=1000" \
        "gb=1 submit_queues=64 no_sched=1" "gb=1 submit_queues=0 poll_queues=0" "gb=0"; do
        # shellcheck disable=SC2086
        asked "devices with $name" try_devices $name
    done
}
parameter_types() {
    local file=$c_module
    [ "$turn" = c ] || file=null_blk
    # In C the two parameters with a callback of their own have no type.
    modinfo -F parm "$file" |
        sed -E 's/:.*\((int|uint|ulong|bool|charp)\)$/ \1/; s/:.*/ none/; /^(queue_mode|irqmode) /s/ .*//' | sort
}
try_devices() {
    local disk
    load "$@" || return
    for disk in /sys/block/nullb*; do
        all "$disk"/{size,queue/{logical_block_size,nr_requests,scheduler,max_hw_sectors_kb}} \
            "$disk"/mq/*/nr_tags
    done
    unload
}

# configfs: directories, attributes, their values, and when they can be set.
ask_configuration() {
    local name value
    load nr_devices=1 gb=1
    asked "the directory" ls $config
    asked "its disks' numbers are nullb's" numbers
    asked "features" cat $config/features
    asked "a directory with the name of a disk" mkdir $config/nullb0
    mkdir $config/dev
    asked "the attributes and their modes" stat -c '%n %a' $config/dev/*
    for name in $config/dev/*; do
        [ -f "$name" ] && asked "${name##*/} at first" get "${name##*/}"
    done
    asked "the same directory once more" mkdir $config/dev
    for name in size completion_nsec submit_queues poll_queues home_node queue_mode blocksize \
        max_sectors irqmode hw_queue_depth index blocking \
        use_per_node_hctx memory_backed discard mbps cache_size zoned zone_size zone_capacity \
        zone_nr_conv zone_max_open zone_max_active \
        virt_boundary no_sched shared_tags shared_tag_bitmap power \
        $(newer fua zone_full zone_append_max_sectors); do
        for value in "" banana -1 0x10 1.5 99999999999 18446744073709551616; do
            asked "'$value' into $name" put_and_get "$name" "$value"
        done
    done
    rmdir $config/dev
    device size=64
    for name in size completion_nsec home_node queue_mode blocksize max_sectors irqmode \
        hw_queue_depth index blocking use_per_node_hctx \
        memory_backed discard mbps cache_size zoned zone_size zone_capacity zone_nr_conv \
        zone_max_open zone_max_active virt_boundary no_sched \
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
    for pairs in "queue_mode=1" "blocksize=1000" "blocksize=8192" "blocksize=0" "hw_queue_depth=0" \
        "zoned=1 zone_size=3" "zoned=1 zone_size=0" \
        "zoned=1 size=16 zone_size=32" "zoned=1 size=64 zone_size=4 zone_capacity=8" \
        "zoned=1 size=63 zone_size=4 zone_capacity=3"; do
        # shellcheck disable=SC2086
        asked "power with $pairs" device $pairs
        no_device
    done
    for pairs in "irqmode=9" "mbps=100000" "submit_queues=99" "submit_queues=0" "poll_queues=9" \
        "cache_size=4" "use_per_node_hctx=1 submit_queues=2" \
        "discard=1" "memory_backed=1 discard=1" "queue_mode=0" "memory_backed=1 cache_size=4"; do
        # shellcheck disable=SC2086
        device size=64 $pairs
        asked "what $pairs becomes" all \
            $config/dev/{irqmode,mbps,submit_queues,poll_queues,cache_size,blocking,discard,queue_mode,power}
        asked "the queue of $pairs" limits
        no_device
    done
    for pairs in "size=100" "size=100 blocksize=4096" "virt_boundary=1" "max_sectors=128" \
        "no_sched=1" "shared_tags=1" "shared_tag_bitmap=1" "blocking=1" \
        "poll_queues=0" "submit_queues=2 poll_queues=1 hw_queue_depth=8" \
        "memory_backed=1 cache_size=1 blocksize=1024" "irqmode=2" "mbps=10"; do
        # shellcheck disable=SC2086
        device size=64 $pairs
        asked "the queue of $pairs" limits
        no_device
    done
    unload
}
older() { if [ "$(uname -r | cut -d. -f2)" -lt 12 ]; then echo "$@"; fi; }
newer() { if [ "$(uname -r | cut -d. -f2)" -ge 12 ]; then echo "$@"; fi; }
# The name in /proc/devices that the disk's major number belongs to, and the minor number.
numbers() {
    awk -F'[: ]+' \
        'FNR == NR { major = $1; minor = $2; next } /^Block/ { blocks = 1 } blocks && $(NF - 1) == major { print $NF, minor }' \
    /sys/block/nullb0/dev /proc/devices; }
put_and_get() { put "$1" "$2" && get "$1"; }
limits() {
    local name
    all /sys/block/dev/size /sys/block/dev/mq/*/nr_tags
    for name in logical_block_size physical_block_size minimum_io_size optimal_io_size \
        max_hw_sectors_kb max_segments max_segment_size \
        virt_boundary_mask discard_granularity discard_max_hw_bytes write_zeroes_max_bytes \
        write_cache fua rotational add_random \
        nr_requests scheduler zoned io_poll nomerges dma_alignment stable_writes \
        zone_append_max_bytes chunk_sectors max_open_zones max_active_zones nr_zones; do
        [ -e /sys/block/dev/queue/$name ] && printf '%s=%s ' $name "$(< /sys/block/dev/queue/$name)"
    done
}

# Data that is written reads back in each mode. The effect of a flush, a discard and a loss of
# power.
ask_contents() {
    local mode
    load nr_devices=0
    for mode in irqmode=0 irqmode=1 "irqmode=2 completion_nsec=50000" blocking=1 \
        "submit_queues=2 hw_queue_depth=4" shared_tags=1 shared_tag_bitmap=1 \
        "cache_size=2" "cache_size=2 blocksize=4096" "virt_boundary=1" "max_sectors=32" "mbps=400" \
        "poll_queues=0" \
        queue_mode=0 "queue_mode=0 irqmode=2 completion_nsec=50000 blocksize=4096"; do
        # shellcheck disable=SC2086
        device size=32 memory_backed=1 $mode
        run_fio verify --filename=/dev/dev --rw=randrw --bsrange=4k-64k --direct=1 \
            --ioengine=io_uring --iodepth=8 --size=6m \
            --verify=crc32c --verify_fatal=1
        asked "fio verifies with $mode" echo "status $fio_status, error $fio_error"
        no_device
    done
    device size=32 memory_backed=1
    run_fio polled --filename=/dev/dev --rw=randread --bs=4k --direct=1 --ioengine=io_uring \
        --hipri=1 --iodepth=4 --size=4m
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
    dd if=/tmp/data of=/dev/dev bs=64k count=4 seek=128 oflag=direct status=none
    asked "what is only in the cache is read" cmp -n 262144 -i 0:8388608 /tmp/data /dev/dev
    put power 0
    put power 1
    asked "what was flushed outlives the power" cmp -n 4194304 /tmp/data /dev/dev
    asked "what was not is lost" cmp -n 262144 -i 0:8388608 /dev/zero /dev/dev
    dd if=/dev/zero of=/dev/dev bs=64k count=4 oflag=direct,sync status=none
    dd if=/dev/zero of=/tmp/data bs=64k count=4 conv=notrunc status=none
    put power 0
    put power 1
    asked "what was written with FUA or a flush is not lost" cmp -n 4194304 /tmp/data /dev/dev
    no_device
    unload
}

# The bandwidth limit holds: 16 MiB at 4 MiB/s take at least 3 seconds, whatever the speed of the
# machine. (With the C module, a request larger than one tick, a fiftieth of a second, never passes.
# null-configuration.sh tests this for ours.)
ask_throttle() {
    local start
    load nr_devices=0
    device size=32 mbps=4
    start=$SECONDS
    run_fio slow --filename=/dev/dev --rw=randwrite --bs=4k --direct=1 --ioengine=io_uring \
        --iodepth=4 --size=16m
    asked "16 MiB at 4 MiB/s" echo \
        "written $fio_written, in 3 seconds at least: $([ $((SECONDS - start)) -ge 3 ] && echo yes)"
    no_device
    unload
}

# Bad blocks: how they are added and removed, and which reads and writes fail.
ask_bad_blocks() {
    local text
    load nr_devices=0
    device size=16 memory_backed=1
    asked "no bad blocks at first" get badblocks
    for text in +16-23 -18-19 +100 100-200 +20-10 +x-y "+0x40-0x41" "+-" "" "+64-65 "; do
        asked "'$text' into badblocks" put badblocks "$text"
        asked "the list then" get badblocks
    done
    for text in 8 16 18 20 24 64; do
        asked "reading sector $text" dd if=/dev/dev of=/tmp/sector bs=512 skip=$text count=1 \
            iflag=direct status=none
        asked "writing sector $text" dd if=/dev/zero of=/dev/dev bs=512 seek=$text count=1 \
            oflag=direct conv=notrunc status=none
    done
    asked "all of them good again" put badblocks -0-1000
    asked "nothing is left" get badblocks
    asked "sector 16 can be read" dd if=/dev/dev of=/tmp/sector bs=512 skip=16 count=1 \
        iflag=direct status=none
    no_device
    unload
}

# Zones: reports, and the results of writes and zone operations, up to their limits.
zone() { blkzone report -o $(($1 * 8192)) -c 1 /dev/dev; }
command() { blkzone "$1" -o $(($2 * 8192)) -c "${3:-1}" /dev/dev; }
write_zone() {
    dd if=/tmp/data of=/dev/dev bs=64k seek=$(($1 * 64 + ${2:-0})) count="${3:-1}" oflag=direct \
        conv=notrunc status=none
}
ask_zones() {
    local mode verb number
    load nr_devices=0
    for mode in memory_backed=0 memory_backed=1 $(older queue_mode=0); do
        device size=62 zoned=1 zone_size=4 zone_nr_conv=2 zone_max_open=3 zone_max_active=4 $mode
        asked "the queue of a zoned device, $mode" limits
        asked "its zones" blkzone report /dev/dev
        asked "a write at the write pointer" write_zone 3 0 2
        asked "that zone" zone 3
        asked "a write behind it" write_zone 3 8
        asked "a write before it" write_zone 3 0
        asked "a write into a conventional zone" write_zone 1 9
        asked "two more zones" eval 'write_zone 4; write_zone 5'
        asked "one more than may be open" write_zone 6
        asked "the first of them is closed for it" blkzone report -o 24576 -c 4 /dev/dev
        asked "one more than may be active" write_zone 7
        for verb in open close finish reset; do
            for number in 1 3 4 6 8; do
                asked "$verb zone $number" command $verb $number
                asked "zone $number then" zone $number
            done
        done
        asked "filling a zone" write_zone 9 0 64
        asked "it is full" zone 9
        asked "writing a full zone" write_zone 9 63
        asked "the last zone, which is smaller" write_zone 15 0 32
        asked "is full as well" zone 15
        asked "reset all" blkzone reset /dev/dev
        asked "all are empty" blkzone report /dev/dev
        for verb in readonly offline; do
            write_zone 10
            asked "zone 10 becomes $verb" put zone_$verb $((10 * 8192))
            asked "so it says" zone 10
            asked "writing it" write_zone 10 1
            asked "resetting it" command reset 10
            asked "reading it" dd if=/dev/dev of=/tmp/sector bs=64k skip=640 count=1 iflag=direct \
                status=none
            asked "and back" put zone_$verb $((10 * 8192))
            asked "it is empty" zone 10
            asked "$verb of a conventional zone" put zone_$verb 0
            asked "$verb beyond the end" put zone_$verb 99999999
            asked "$verb of no number" put zone_$verb banana
        done
        no_device
    done
    device size=64 zoned=1 zone_size=4 zone_capacity=3 memory_backed=1
    dd if=/tmp/data of=/dev/dev bs=64k seek=64 count=8 oflag=direct conv=notrunc status=none
    head -c 512k /tmp/data > /tmp/expected
    head -c 512k /dev/zero | tr '\0' '\377' >> /tmp/expected
    dd if=/dev/dev of=/tmp/seen bs=1M skip=4 count=1 iflag=direct status=none
    asked "behind the write pointer nothing was written" cmp /tmp/expected /tmp/seen
    run_fio zones --filename=/dev/dev --zonemode=zbd --rw=write --bs=64k --direct=1 \
        --ioengine=psync --max_open_zones=2 --size=24m \
        --offset=8m --verify=crc32c --do_verify=1
    asked "fio writes and verifies zones" echo \
        "status $fio_status, error $fio_error, written $fio_written"
    no_device
    for verb in zone_nr_conv=99 zone_max_open=99 zone_max_active=99 \
        "zone_max_open=5 zone_max_active=3"; do
        # shellcheck disable=SC2086
        device size=32 zoned=1 zone_size=4 $verb
        asked "what $verb becomes" all $config/dev/zone_{nr_conv,max_open,max_active,capacity}
        no_device
    done
    mkdir $config/dev
    asked "a zone of a device without" put zone_readonly 0
    put zoned 1
    asked "a zone of a device that is off" put zone_offline 0
    rmdir $config/dev
    unload
}

# Thirty-two devices with 16 queues each, all in use, schedulers that are switched under load, and
# blktrace.
set_scheduler() {
    echo "$2" > "/sys/block/$1/queue/scheduler" && cat "/sys/block/$1/queue/scheduler"
}
# traced DISK: how many writes blktrace saw queued, issued and completed.
traced() {
    blktrace -d "$1" -w 4 -D /tmp > /dev/null 2>&1 &
    sleep 1.5
    dd if=/tmp/data of="$1" bs=4k count=16 oflag=direct status=none
    wait $!
    blkparse -D /tmp -i "${1##*/}" 2> /dev/null |
        awk '$7 ~ /^W/ { seen[$6]++ } END { print "queued", seen["Q"], "issued", seen["D"], "completed", seen["C"] }'
}
ask_many() {
    local number text
    mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
    load nr_devices=32 gb=1 submit_queues=16 memory_backed=1
    asked "32 devices" entries /sys/block/nullb31/mq
    for number in 0 7 15 23 31; do
        dd if=/tmp/data of=/dev/nullb$number bs=64k count=8 oflag=direct status=none &
    done
    wait
    for number in 0 7 15 23 31; do
        asked "device $number has its data" cmp -n 524288 /tmp/data /dev/nullb$number
    done
    asked "blktrace sees writes begin and end" traced /dev/nullb3
    fio --name=switched --filename=/dev/nullb5 --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
        --iodepth=8 --size=4m --loops=4 \
        --verify=crc32c --verify_fatal=1 > /tmp/switched 2>&1 &
    for number in 1 2 3 4; do
        for text in mq-deadline none; do asked "$text, under load" set_scheduler nullb5 $text; done
    done
    status=0
    wait $! || status=$?
    asked "fio verified meanwhile" echo $status
    unload
}

for turn in c swift; do
    : > /tmp/answers.$turn
    for part in parameters configuration contents bad_blocks zones many throttle; do ask_$part; done
done

same "both modules answer the same number of questions" \
    "$(wc -l < /tmp/answers.c)" "$(wc -l < /tmp/answers.swift)"
# Two of the answers must be correct, not only equal.
for turn in c swift; do
    contains "blktrace sees each of 16 writes, $turn" "queued 16 issued 16 completed 16" \
        "$(grep blktrace /tmp/answers.$turn)"
    contains "fio verifies its data while schedulers change, $turn" $'meanwhile\t0' \
        "$(grep meanwhile /tmp/answers.$turn)"
done
# Prints one line for all equal answers of a part, and one line for each answer that differs.
paste -d '\t' /tmp/answers.c /tmp/answers.swift | awk -F '\t' '
    !($1 in asked) { part[++parts] = $1 }
    { asked[$1]++ }
    $1 == $4 && $2 == $5 && $3 == $6 { same[$1]++; next }
    { printf "not ok - %s: C answers: %s; ours: %s\n", $2, $3, $6 }
    END { for (i = 1; i <= parts; i++) printf "ok - %s: %d of %d answers are the same\n", part[i], same[part[i]], asked[part[i]] }'
