#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus_null leaks nothing: after a hundred cycles of load, use and unload, the kernel has as much
# free memory as before.
# apus: memory=1024 cpus=1 timeout=300
. ./lib.sh

# Without poll queues: with them both kernels leak the sysfs directory of one, also for C drivers:
# null_blk poll_queues=1.
cycle() {
    case $(($1 % 4)) in
    0) modprobe apus_null poll_queues=0 memory_backed=1 size=16 discard=1 ;;
    1) modprobe apus_null poll_queues=0 nr_devices=3 size=64 submit_queues=2 hw_queue_depth=16 ;;
    2) modprobe apus_null poll_queues=0 memory_backed=1 size=16 bs=4096 submit_queues=2 ;;
    3)
        modprobe apus_null poll_queues=0 nr_devices=0 memory_backed=1 size=16 &&
            set_parameter add 1 && set_parameter add 1 && set_parameter remove 0 &&
            set_parameter add 1
        ;;
    esac &&
        dd if=/dev/urandom of=/dev/apusnull0 bs=64k count=8 oflag=direct status=none &&
        dd if=/dev/apusnull0 of=/dev/null bs=64k count=8 iflag=direct status=none &&
        rmmod apus_null || failures=$((failures + 1))
}
cycles() {
    failures=0
    for number in $(seq "$1"); do cycle "$number"; done
}

# The objects in use in each cache that the module can reach, and the objects per slab: "cache
# objects per-slab". The kernel counts a CPU's own slab as used. The test therefore shrinks the
# caches, runs on one CPU, and takes the minimum of five counts.
slabs() {
    for _ in 1 2 3 4 5; do
        for cache in /sys/kernel/slab/*kmalloc* \
            /sys/kernel/slab/{radix_tree_node,kernfs_node_cache,vmap_area}; do
            if [ -e "$cache/shrink" ]; then echo 1 > "$cache/shrink"; fi
        done
        awk '$1 ~ /^(kmalloc-|radix_tree_node|kernfs_node_cache|vmap_area)/ { print $1, $2, $5 }' \
            /proc/slabinfo
    done |
    awk '!($1 in least) || $2 < least[$1] { least[$1] = $2; slab[$1] = $3 } END { for (name in least) print name, least[name], slab[name] }' | sort
}

# Drops caches, and waits until deferred frees (RCU, work queues) are done.
settle() {
    for _ in 1 2 3; do
        sync
        echo 3 > /proc/sys/vm/drop_caches
        sleep 0.7
    done
    echo 1 > /proc/sys/vm/compact_memory
}

measure() {
    settle
    slabs > "/tmp/slabs.$1"
    for name in MemFree Slab SUnreclaim Percpu VmallocUsed KernelStack; do
        echo "$name $(meminfo $name)"
    done > "/tmp/meminfo.$1"
    echo "vmallocinfo $(wc -l < /proc/vmallocinfo)" >> "/tmp/meminfo.$1"
    lsmod | awk '{ print $1, $3 }' | sort > "/tmp/lsmod.$1"
}

# changed NAME: how much a counter has grown.
changed() {
    awk -v name="$1" \
        '$1 == name { value[FILENAME] = $2 } END { print value["/tmp/meminfo.after"] - value["/tmp/meminfo.before"] }' /tmp/meminfo.before /tmp/meminfo.after
}

exact_memory
taskset -p 1 $$ > /dev/null
# The first cycles allocate memory that stays: caches that grow to their size, names in dentries,
# the first use of a code path.
cycles 12
same "12 rounds of load, use and unload succeed before the count" "0 failures" "$failures failures"
measure before
cycles 100
same "100 rounds of load, use and unload succeed" "0 failures" "$failures failures"
measure after

# within NAME LIMIT: a counter has grown by at most LIMIT.
within() {
    local change
    change=$(changed "$1")
    [ "$1" != MemFree ] || change=$((-change))
    if [ "$change" -le "$2" ]; then
        pass "after 100 rounds, $1 is within its limit" "$change, at most $2"
    else
        fail "after 100 rounds, $1 is within its limit" "$change, at most $2"
    fi
}
# Each limit is a multiple of what was measured without a leak (MemFree 1.0 MiB, Slab 0.3 MiB, the
# others less than a tenth of the limit). It is less than a hundred of the smallest leaks: pages,
# stacks, vmalloc areas.
within MemFree 4096
within Slab 1024
within SUnreclaim 1024
within Percpu 300
within VmallocUsed 300
within KernelStack 160
within vmallocinfo 80
changes=$(diff /tmp/lsmod.before /tmp/lsmod.after | xargs)
same "after 100 rounds, the same modules are loaded, with the same references" \
    "no difference" "${changes:-no difference}"
# One leaked object per cycle makes 100. The noise is the slabs of two CPUs: fewer than 100 objects
# in caches of 96 bytes and more. The exact count below covers the smaller caches.
join /tmp/slabs.before /tmp/slabs.after |
    awk '$4 - $2 > 2 * $3 + 16 { print $1 " has " $4 - $2 " more" }' > /tmp/grown
same "after 100 rounds, no slab cache has 100 more objects" \
    "$(wc -l < /tmp/slabs.after) caches, none has grown" \
    "$(wc -l < /tmp/slabs.after) caches, $(if [ -s /tmp/grown ]; then xargs < /tmp/grown; else echo none has grown; fi)"

# --- The exact count: the kernel traces each kmalloc of the module's own code, and each kfree ---
cd /sys/kernel/tracing || exit
echo 0 > tracing_on
echo 32768 > buffer_size_kb
for event in kmalloc kmalloc_node kfree; do
    # Modules are in the last two GiB of the address space. 6.1 has a separate event for
    # kmalloc_node.
    [ -e events/kmem/$event ] || continue
    # A function may free its last object with a tail call. The call site is then in the caller, so
    # kfree has no filter.
    [ $event = kfree ] || echo 'call_site >= 0xffffffffa0000000' > events/kmem/$event/filter
    echo 1 > events/kmem/$event/enable
done
for number in 0 1 2 3; do
    echo > trace
    echo 1 > tracing_on
    # Reads the address of the module before the cycle unloads it.
    rmmod() {
        read -r base < /sys/module/apus_null/sections/.text
        end=$(printf '0x%x' $((base + $(awk '$1 == "apus_null" { print $2 }' /proc/modules))))
        command rmmod "$@"
    }
    failures=0
    cycle $number
    unset -f rmmod
    echo 0 > tracing_on
    # Both addresses are hexadecimal numbers of 16 digits, so string order is numeric order. The
    # trace has no names for code that is unloaded.
    awk -v base="$base" -v end="$end" '
        { event = $5; sub(/:$/, "", event); site = ptr = ""
          for (i = 6; i <= NF; i++) { if (sub(/^call_site=/, "", $i)) site = $i; else if (sub(/^ptr=/, "", $i)) ptr = $i } }
        event ~ /^kmalloc/ && site >= base && site < end { allocated++; held[ptr] = 1 }
        event == "kfree" && ptr in held { freed++; delete held[ptr] }
        END { printf "%d allocated, %d freed\n", allocated, freed }' trace > /tmp/exact
    read -r allocated _ freed _ < /tmp/exact
    if [ "$failures" = 0 ] && [ "$allocated" -gt 1 ] && [ "$allocated" = "$freed" ]; then
        pass "in a round of kind $number, the module frees each object that it allocates" \
            "$(cat /tmp/exact)"
    else
        fail "in a round of kind $number, the module frees each object that it allocates" \
            "$(cat /tmp/exact), $failures failures"
    fi
done
