#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Measures C and Swift side by side, for `apus bench`: sets up a pair of devices that differ only in
# their driver, and lets the generator (apus_bench.c) submit the same bios to both in turn.
#
# With a file `short.txt` beside it, it measures only the rows with these names, one on each line.
# Prints
#   setup|SIDE|COMMAND              how the next rows' device of a side was made
#   row|NAME|SIDE|COMMAND|RESULT    what the generator was told, and what it answered
#   cost|NAME|SIDE|NUMBER           a number of instructions that another module has measured
# and the status is not 0 if anything failed.
# apus: icount model=Westmere-v1 memory=1024 timeout=1100
set -euo pipefail
die() { printf 'bench: %s\n' "$*" >&2; exit 1; }
trap 'die "line $LINENO failed"' ERR

# A task that a driver wakes must run before the generator goes on: see apus_bench.c.
chrt --idle --pid 0 $$
insmod ./apus_bench.ko
modprobe null_blk nr_devices=0
modprobe apus_null nr_devices=0
for target in delay flakey log-writes zero; do modprobe "dm-$target"; done
for target in linear striped zero error delay flakey log_writes; do modprobe "apus_$target"; done
bench=/sys/module/apus_bench/parameters
mebibyte=1048576

declare -A device

# wanted NAME: whether the row is to be measured.
wanted() { [ ! -e short.txt ] || grep -qxF -- "$1" short.txt; }

# row NAME OPERATION BYTES DEPTH [FAILED]: measures both devices. FAILED is "all" if all bios fail.
# A batch has 64 and 192 bios, or 16 and 48 large ones, so that most batches end before the next
# tick of the clock; or one and three times the depth, if that is more.
row() {
    local side command answer bios failed expected small
    wanted "$1" || return 0
    small=$(($3 > 4096 ? 16 : 64))
    if [ "$4" -gt $small ]; then small=$4; fi
    for side in C Swift; do
        command="${device[$side]} $2 $3 $4 $((4 * mebibyte)) $small $((3 * small)) 25"
        echo "$command" > $bench/run
        answer=$(< $bench/result)
        bios=${answer#*bios=} failed=${answer#*failed=}
        bios=${bios%% *} expected=0
        if [ "${5:-none}" = all ]; then expected=$bios; fi
        [ "$failed" = "$expected" ] || die "$1 ($side): $failed of $bios bios failed"
        printf 'row|%s|%s|%s|%s\n' "$1" $side "$command" "$answer"
    done
}

# null NAME ATTRIBUTE=VALUE…: makes a null block device of each driver.
null() {
    local side root folder attribute
    for side in C Swift; do
        if [ $side = C ]; then root=nullb; else root=apusnull; fi
        folder=/sys/kernel/config/$root/$root-$1
        mkdir "$folder"
        for attribute in size=64 hw_queue_depth=256 "${@:2}" power=1; do
            echo "${attribute#*=}" > "$folder/${attribute%%=*}"
        done
        device[$side]=/dev/$root-$1
        echo "${device[$side]}" > $bench/settle
        printf 'setup|%s|mkdir %s; %s\n' $side "$folder" "size=64 hw_queue_depth=256 ${*:2} power=1"
    done
}
unnull() {
    local root
    for root in nullb apusnull; do
        echo 0 > "/sys/kernel/config/$root/$root-$1/power"
        rmdir "/sys/kernel/config/$root/$root-$1"
    done
}

# fill: writes the span of both devices, so that their memory has all pages.
fill() {
    local side
    for side in C Swift; do
        dd if=/dev/zero of="${device[$side]}" bs=64k count=64 oflag=direct status=none
    done
}

# target NAME ARGUMENTS: makes a mapped device of each target.
target() {
    local side table prefix=
    for side in C Swift; do
        table="0 131072 $prefix$1${2:+ $2}" prefix=apus-
        dmsetup create "$side" --table "$table"
        device[$side]=/dev/mapper/$side
        printf 'setup|%s|dmsetup create --table "%s"\n' $side "$table"
    done
}
untarget() { dmsetup remove C && dmsetup remove Swift; }

# --- Null block devices ---

for mode in 0 1 2; do
    null modes irqmode=$mode completion_nsec=1
    for depth in 1 32 128; do row "null irqmode=$mode read 4k depth=$depth" read 4096 $depth; done
    if [ $mode = 0 ]; then
        row "null irqmode=0 write 4k depth=1" write 4096 1
        for depth in 1 32; do
            row "null irqmode=0 read 512 depth=$depth" read 512 $depth
            row "null irqmode=0 read 64k depth=$depth" read 65536 $depth
        done
    fi
    unnull modes
done
null large irqmode=0 blocksize=4096
row "null irqmode=0 blocksize=4096 read 4k depth=1" read 4096 1
unnull large

null small irqmode=0 memory_backed=1 blocksize=512
fill
for operation in read write; do
    row "null memory blocksize=512 $operation 512" $operation 512 1
    row "null memory blocksize=512 $operation 4k" $operation 4096 1
    row "null memory blocksize=512 $operation 64k" $operation 65536 1
done
row "null memory blocksize=512 read 4k depth=32" read 4096 32
unnull small
null large irqmode=0 memory_backed=1 blocksize=4096
fill
for operation in read write; do
    row "null memory blocksize=4096 $operation 4k" $operation 4096 1
    row "null memory blocksize=4096 $operation 64k" $operation 65536 1
done
unnull large

# --- Targets, on the kernel's own null block device ---

below=/sys/kernel/config/nullb/below
mkdir $below
for attribute in size=16777216 irqmode=0 hw_queue_depth=256 power=1; do
    echo "${attribute#*=}" > "$below/${attribute%%=*}"
done
echo /dev/below > $bench/settle
target linear "/dev/below 0"
for depth in 1 32; do row "linear read 4k depth=$depth" read 4096 $depth; done
untarget
for stripes in 2 8; do
    places=
    for ((stripe = 0; stripe < stripes; stripe++)); do places+=" /dev/below $((stripe << 20))"; done
    target striped "$stripes 128$places"
    row "striped $stripes read 4k depth=1" read 4096 1
    if [ $stripes = 8 ]; then row "striped 8 read 4k depth=32" read 4096 32; fi
    untarget
done
target zero ""
row "zero read 4k" read 4096 1
row "zero write 4k" write 4096 1
untarget
target error ""
row "error read 4k" read 4096 1 all
untarget
target delay "/dev/below 0 0"
row "delay 0 read 4k" read 4096 1
row "delay 0 write 4k" write 4096 1
untarget
target flakey "/dev/below 0 1000000 0"
row "flakey up read 4k" read 4096 1
row "flakey up write 4k" write 4096 1
untarget
target log-writes "/dev/below /dev/below"
row "log-writes read 4k depth=1" read 4096 1
row "log-writes read 4k depth=32" read 4096 32
row "log-writes write 4k depth=32" write 4096 32
untarget
echo 0 > $below/power
rmdir $below

# --- Allocators ---

# costs NAME C SWIFT: what apus_pool_test has measured of two allocators.
costs() {
    local operation side type
    for operation in allocate write read free; do
        wanted "$1 $operation" || continue
        for side in C Swift; do
            if [ $side = C ]; then type=$2; else type=$3; fi
            printf 'cost|%s|%s|%s\n' "$1 $operation" $side \
                "$(sed -n "s/^$type:.* $operation \([0-9]*\).*/\1/p" costs)"
        done
    done
}
if [ ! -e short.txt ] || grep -q '^pool ' short.txt; then
    modprobe -a apus_peer_zbud apus_peer_z3fold
    modprobe apus_pool_test tests=0 peers=1
    cat /sys/module/apus_pool_test/parameters/cost > costs
    costs "pool zbud" zbud apus_zbud
    costs "pool zsmalloc and zblock" zsmalloc apus_zblock
    rmmod apus_pool_test
fi

for file in /sys/devices/system/cpu/vulnerabilities/*; do
    printf "mitigation|%s|%s\n" "${file##*/}" "$(< "$file")"
done
rmmod apus_bench
printf 'done\n'
