#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus_null leaks nothing: a hundred times loaded, used and unloaded, the kernel has the memory that it had.
# apus: memory=1024 cpus=2 timeout=300
. ./lib.sh

cycle() {
    case $(($1 % 4)) in
    0) modprobe apus_null memory_backed=1 size=16 discard=1 ;;
    1) modprobe apus_null nr_devices=3 size=64 submit_queues=2 hw_queue_depth=16 ;;
    2) modprobe apus_null memory_backed=1 size=16 bs=4096 submit_queues=2 ;;
    3) modprobe apus_null nr_devices=0 memory_backed=1 size=16 && set_parameter add 1 && set_parameter add 1 && set_parameter remove 0 && set_parameter add 1 ;;
    esac &&
        dd if=/dev/urandom of=/dev/apusnull0 bs=64k count=8 oflag=direct status=none &&
        dd if=/dev/apusnull0 of=/dev/null bs=64k count=8 iflag=direct status=none &&
        rmmod apus_null || failures=$((failures + 1))
}
cycles() {
    failures=0
    for number in $(seq "$1"); do cycle "$number"; done
}

# The objects in use of each size of kmalloc (all kinds of it), of the XArray's nodes, and of what a disk is made of.
# Each line is "cache objects": CPUs' own lists count as used, which is why every cache is shrunk first.
slabs() {
    for cache in /sys/kernel/slab/*/shrink; do echo 1 > "$cache"; done 2> /dev/null
    awk 'NR > 2 && $1 ~ /^(kmalloc-|radix_tree_node|blkdev_ioc|bdev_cache|request_queue|kernfs_node_cache|vmap_area|inode_cache)/ { print $1, $2 }' /proc/slabinfo | sort
}

# Everything that is only kept for speed is given up, and what is freed later (RCU, work queues) has its time.
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
    for name in MemFree Slab SUnreclaim Percpu VmallocUsed KernelStack PageTables; do echo "$name $(meminfo $name)"; done > "/tmp/meminfo.$1"
    echo "vmallocinfo $(wc -l < /proc/vmallocinfo)" >> "/tmp/meminfo.$1"
    lsmod | awk '{ print $1, $3 }' | sort > "/tmp/lsmod.$1"
}

# changed NAME: the counter's value now less its value before.
changed() { awk -v name="$1" '$1 == name { value[FILENAME] = $2 } END { print value["/tmp/meminfo.after"] - value["/tmp/meminfo.before"] }' /tmp/meminfo.before /tmp/meminfo.after; }

exact_memory
# What is allocated once and stays (caches that grow to their size, names in dentries, the first use of a code path).
cycles 12
same "a dozen rounds before the count begins" "0 failures" "$failures failures"
measure before
cycles 100
same "100 rounds of load, use and unload" "0 failures" "$failures failures"
measure after

for name in MemFree Slab SUnreclaim Percpu VmallocUsed KernelStack PageTables vmallocinfo; do echo "# $name: $(changed $name)"; done
join /tmp/slabs.before /tmp/slabs.after | awk '$2 != $3 { print "# " $1 ": " $3 - $2 " objects" }'
join /tmp/slabs.before /tmp/slabs.after | awk '$3 - $2 > most || NR == 1 { most = $3 - $2; name = $1 } END { print name, most }' > /tmp/most
