#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A disk's limits are those that the driver set, or an error names the invalid one. The size and the
# read-only state can change while the disk exists.
# apus: memory=512
# differs: limits are one structure (6.12), or are set one by one (6.1)
. ./lib.sh

parameters=/sys/module/apus_disks/parameters
tell() { echo "$2" > "$parameters/$1"; }
limit() { cat "/sys/block/apusdisk0/$1"; }

# --- Limits ---
is() { same "$1" "$3" "$(limit "$2")"; }
modprobe apus_disks
is "the logical block size is that of the driver" queue/logical_block_size 1024
is "the physical block size is that of the driver" queue/physical_block_size 4096
is "the alignment offset is that of the driver" alignment_offset 1024
is "the minimum transfer is that of the driver" queue/minimum_io_size 8192
is "the optimal transfer is that of the driver" queue/optimal_io_size 65536
is "the largest transfer is that of the driver" queue/max_hw_sectors_kb 256
is "the boundary of requests is that of the driver" queue/chunk_sectors 256
is "the largest number of segments is that of the driver" queue/max_segments 17
is "the largest size of a segment is that of the driver" queue/max_segment_size 16384
is "the DMA alignment is that of the driver" queue/dma_alignment 15
is "the largest discard is that of the driver" queue/discard_max_hw_bytes 33554432
is "the largest number of discarded ranges is that of the driver" queue/max_discard_segments 3
is "the discard granularity is that of the driver" queue/discard_granularity 12288
is "the discard alignment is that of the driver" discard_alignment 1024
is "the largest write of zeroes is that of the driver" queue/write_zeroes_max_bytes 4194304
is "the disk has a write cache, as the driver says" queue/write_cache "write back"
is "the disk supports FUA, as the driver says" queue/fua 1
is "the disk is rotational, as the driver says" queue/rotational 1
is "the disk adds to the entropy pool, as the driver says" queue/add_random 1
is "the disk needs stable writes, as the driver says" queue/stable_writes 1
# atomic OFFSET LENGTH: an atomic write, and its result.
atomic() { python3 -c '
import mmap, os, sys
buffer = mmap.mmap(-1, int(sys.argv[2]))
buffer.write(b"\x5a" * int(sys.argv[2]))
try: print(os.pwritev(os.open("/dev/apusdisk0", os.O_RDWR | os.O_DIRECT), [buffer], int(sys.argv[1]), 0x40))
except OSError as error: print(error.strerror)' "$@"; }
atomic_writes() { awk '$1 == "atomic_writes" { print $2 }' $parameters/counts; }
case $(uname -r) in
6.1.*) skip "the limits of atomic writes are those of the driver" \
    "this kernel has no atomic writes" ;;
*)
    is "the smallest atomic write is that of the driver" queue/atomic_write_unit_min_bytes 2048
    is "the largest atomic write is that of the driver" queue/atomic_write_unit_max_bytes 32768
    is "the largest merged atomic write is that of the driver" queue/atomic_write_max_bytes 131072
    is "the boundary of atomic writes is that of the driver" queue/atomic_write_boundary_bytes 65536
    same "an atomic write is one request, which is marked as atomic" "16384, 1" \
        "$(atomic 65536 16384), $(atomic_writes)"
    same "atomic writes of invalid length or place fail with EINVAL, without a request" \
        "Invalid argument, Invalid argument, Invalid argument, 1" \
        "$(atomic 0 65536), $(atomic 0 1024), $(atomic 4096 16384), $(atomic_writes)"
    ;;
esac
same "blockdev shows the logical and the physical block size of the driver" "1024, 4096" \
    "$(blockdev --getss /dev/apusdisk0), $(blockdev --getpbsz /dev/apusdisk0)"
holds "blkdiscard sends only discards within the limits" \
    blkdiscard -o 12288 -l 1228800 /dev/apusdisk0
holds "blkdiscard -z sends only writes of zeroes within the limits" \
    blkdiscard -z -o 0 -l 8388608 /dev/apusdisk0
holds "blkdiscard -s sends only secure erases within the limits" \
    blkdiscard -s -o 0 -l 4194304 /dev/apusdisk0
rmmod apus_disks
modprobe apus_disks virtual_boundary=1
is "the virtual boundary is that of the driver" queue/virt_boundary_mask 4095
is "a disk with a virtual boundary has no limit for the size of a segment" \
    queue/max_segment_size 4294967295

# --- Size, and read-only state ---
same "the driver reads the size and the state of its disk" \
    "capacity=131072 writable" "$(cat $parameters/state)"
exec 3< /dev/apusdisk0
tell resize 262144
same "a disk that is open grows to 262144 sectors" "capacity=262144 writable, 262144" \
    "$(cat $parameters/state), $(blockdev --getsz /proc/self/fd/3)"
same "a read at the new end of the disk succeeds" 4096 \
    "$(dd if=/dev/apusdisk0 bs=4096 skip=32767 count=1 iflag=direct status=none | wc -c)"
tell resize 2048
same "a disk that is open shrinks to 2048 sectors" "capacity=2048 writable, 2048" \
    "$(cat $parameters/state), $(blockdev --getsz /proc/self/fd/3)"
exec 3<&-
fails_with "a size that is not a multiple of the block size is refused with EINVAL" \
    "Invalid argument" tell resize 2049
fails_with "a size beyond the largest device is refused with EINVAL" \
    "Invalid argument" tell resize -1
same "after refused sizes, the size is unchanged" \
    "capacity=2048 writable" "$(cat $parameters/state)"
tell read_only yes
same "the driver makes its disk read-only" \
    "capacity=2048 read-only, 1" "$(cat $parameters/state), $(limit ro)"
fails_with "a write to the read-only disk fails with EPERM" \
    "Operation not permitted" dd if=/dev/zero of=/dev/apusdisk0 bs=4096 count=1 oflag=direct
tell read_only no
holds "after the driver makes the disk writable, a write succeeds" \
    dd if=/dev/zero of=/dev/apusdisk0 bs=4096 count=1 oflag=direct

# --- Names and flags ---
tell name "apus-named!disk"
flags() {
    cat "/sys/block/$1/ro" "/sys/block/$1/removable" "/sys/block/$1/ext_range" | tr '\n' ' '
}
same "a disk has the name that the driver gives, and its flags" "1 1 1 " \
    "$(flags 'apus-named!disk')"
same "a disk without flags is writable, fixed, and can have partitions" \
    "0 0 256 " "$(flags apusdisk0)"
for name in "" . .. "a/b" "a b" $'a\tb'; do
    fails_with "the disk name '$name' is refused with EINVAL" "Invalid argument" tell name "$name"
done
fails_with "a disk name of 32 bytes is refused with ENAMETOOLONG" "File name too long" tell name \
    0123456789012345678901234567890a
fails_with "a name of 16 bytes for a major number is refused with ENAMETOOLONG" \
    "File name too long" tell major 1
fails_with "an empty name for a major number is refused with EINVAL" "Invalid argument" tell major 2
fails_with "a name with a NUL byte for a major number is refused with EINVAL" \
    "Invalid argument" tell major 3
same "no refused name of a major number is in /proc/devices" "" "$(grep apus-disks /proc/devices)"
tell name 0123456789012345678901234567890
same "a disk name of 31 bytes is accepted" \
    131072 "$(cat /sys/block/0123456789012345678901234567890/size)"
unloads apus_disks apusdisk

# --- An invalid limit is named ---
wrong() { # NUMBER TEXT: the disk is refused, and the log says why.
    mark_log
    fails_with "wrong limit $1: modprobe fails with EINVAL" \
        "Invalid argument" modprobe apus_disks wrong="$1"
    contains "wrong limit: the log names the limit" "$2" "$(new_log)"
}
wrong 1 "block size 1000 is not a power of two between 512 and 4096"
wrong 2 "block size 256 is not a power of two"
wrong 3 "block size 8192 is not a power of two"
wrong 4 "physical block size 512"
wrong 5 "physical block size 3072"
wrong 6 "alignment offset 4096"
wrong 7 "minimum transfer of 2048 bytes"
wrong 8 "optimal transfer of 5000 bytes"
wrong 9 "largest transfer of 7 sectors"
wrong 10 "largest transfer of 513 sectors"
wrong 11 "largest transfer of 1099511627776 sectors"
wrong 12 "boundary of requests of 96 sectors"
wrong 13 "largest number of segments of 0"
wrong 14 "largest number of segments of 65536"
wrong 15 "largest size of a segment of 512"
wrong 16 "besides a virtual boundary"
wrong 17 "boundary of segments of 1024 bytes"
wrong 18 "boundary of segments of 12288 bytes"
wrong 19 "virtual boundary of 100 bytes"
wrong 20 "alignment of memory of 3 bytes"
wrong 21 "largest discard of 0 sectors"
wrong 22 "largest discard of 8 sectors is less than the granularity 12288"
wrong 23 "largest number of discarded ranges of -1"
wrong 24 "discard granularity of 1024 bytes"
wrong 25 "discard alignment 12288"
wrong 26 "discard alignment 100"
wrong 27 "largest secure erase of 4097 sectors"
wrong 28 "largest write of zeroes of 8191 sectors"
wrong 29 "forced unit access without a write cache"
wrong 30 "capacity of 131073 sectors is not a multiple of the block size 1024"
wrong 31 "capacity of 18446744073709551615 sectors is beyond the largest device"
wrong 32 "largest number of segments of -9223372036854775808"
wrong 33 "optimal transfer of 9223372036854775807 bytes"
wrong 51 "minimum transfer of 2147483648 bytes"
wrong 52 "discard granularity of 2147483648 bytes"
wrong 53 "requests of one segment, where a block of 1024 bytes may lie in two pages"
wrong 54 "virtual boundary of 8192 bytes, where a block of 1024 bytes may lie in two pages"
case $(uname -r) in
6.1.*)
    mark_log
    fails_with "limits of atomic writes fail with EOPNOTSUPP on a kernel without atomic writes" \
        "Operation not supported" modprobe apus_disks wrong=34
    contains "the log says which kernels have atomic writes" \
        "this kernel has no atomic writes: Linux 6.11 and later have" "$(new_log)"
    ;;
*)
    wrong 34 "smallest atomic write of 512 bytes"
    wrong 35 "largest atomic write of 65536 bytes is no power of two between the smallest and what a request has room for, 63488"
    wrong 36 "largest atomic write of 1024 bytes"
    wrong 37 "largest merged atomic write of 16384 bytes"
    wrong 38 "boundary of atomic writes of 16384 bytes"
    wrong 39 "boundary of atomic writes of 262144 bytes"
    ;;
esac
same "after the refused limits, nothing of the module remains" \
    nothing "$(leftovers apus_disks apusdisk)"
