# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the device mapper scripts, after lib.sh: compares the kernel's targets with ours.

# sysfs NAME: the directory of a mapped device in /sys/block.
sysfs() { printf '/sys/block/%s' "$(dmsetup info -c --noheadings -o blkdevname "$1")"; }

# limits NAME [FILE…]: the queue limits of a mapped device, one per line, without the files that are
# named. One process reads all files, because starting processes is slow in an emulated machine.
limits() (
    cd "$(sysfs "$1")/queue" || return
    shift
    files=()
    for file in *; do
        if [ ! -f "$file" ]; then continue; fi
        case " $* " in *" $file "*) continue ;; esac
        files+=("$file")
    done
    grep -s '' "${files[@]}" /dev/null
)

# same_limits PROMISE THEIRS OURS [FILE…]: holds if the queues of two mapped devices have the same
# limits, except for the named files.
same_limits() {
    local promise=$1 theirs ours
    theirs=$(limits "$2" "${@:4}")
    ours=$(limits "$3" "${@:4}")
    if [ -n "$theirs" ] && [ "$theirs" = "$ours" ]; then
        pass "$promise" "$(grep -c : <<< "$ours") limits"
    else
        fail "$promise" \
            "$(diff <(printf '%s\n' "$theirs") <(printf '%s\n' "$ours") | grep '^[<>]' |
                tr '\n' ' ')"
    fi
}

# plain TEXT: the text without the prefix of our target names.
plain() { printf '%s\n' "${1//apus-/}"; }

# refusal LINE: the message in the kernel's log for a table of that line, without our prefix, or
# "accepted".
refusal() {
    local line
    dmesg -C
    if dmsetup create refused --table "$1" > /tmp/refusal 2>&1; then
        dmsetup remove refused
        echo accepted
        return
    fi
    line=$(dmesg | sed -n '/device-mapper: table: /{s/.*device-mapper: table: [^ ]* //p;q}')
    plain "${line:-$(tail -n 1 /tmp/refusal)}"
}

# alike KIND ARGUMENTS…: both targets refuse tables of 2048 sectors with these arguments, with the
# same message.
alike() {
    local kind=$1 arguments theirs ours
    shift
    for arguments in "$@"; do
        theirs=$(refusal "0 ${length:-2048} $kind $arguments")
        ours=$(refusal "0 ${length:-2048} apus-$kind $arguments")
        same "apus-$kind answers a table with '$arguments' as $kind does" "$theirs" "$ours"
    done
}

# opened DEVICE: the number of holders, which have the device open through device mapper.
opened() { entries "/sys/block/${1#/dev/}/holders"; }

# gone NAME…: removes these mapped devices.
gone() { for name in "$@"; do dmsetup remove "$name" \
    || fail "the mapped device $name is removed" "it is not"; done; }

# lower NAME ATTRIBUTE=VALUE…: a null block device of 64 MiB. It completes I/O in the submitting
# task, unless an attribute says otherwise. (The kernel's own null_blk is loaded.)
lower() {
    local folder=/sys/kernel/config/nullb/$1 attribute
    mkdir "$folder"
    shift
    for attribute in size=64 memory_backed=1 irqmode=0 "$@" power=1; do
        echo "${attribute#*=}" > "$folder/${attribute%%=*}"
    done
}
unlower() {
    local name
    for name; do
        echo 0 > "/sys/kernel/config/nullb/$name/power"
        rmdir "/sys/kernel/config/nullb/$name"
    done
}

# protected: loads a disk with protection information that the block layer generates. Its name is in
# $disk.
scsi_disk() {
    disk=$(ls /sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*/block) &&
        [ -b "/dev/$disk" ]
}
protected() {
    modprobe sd_mod 2> /dev/null || return
    modprobe scsi_debug dev_size_mb=64 dif=1 dix=1 max_luns=1 delay=0 2> /dev/null || return
    soon scsi_disk && echo 64 > "/sys/block/$disk/queue/max_sectors_kb"
}

# The kinds of lower devices for tests of bios that a target sends again or makes itself, and the
# kind for targets that support zones.
odd_kinds="max_sectors=8 virt_boundary=1,max_sectors=16 blocksize=4096 integrity protection"
zoned_kind="zoned=1,zone_size=1,zone_nr_conv=4,max_sectors=64"

# beneath KIND: two devices of a kind, $one and $two, with data in their first 8 MiB: null block
# devices with these attributes, dm-integrity with its own checksums on null block devices, or the
# halves of a disk with protection information. Fails if the kernel does not support the kind.
beneath() {
    local name size tags="0 - D 1 internal_hash:crc32c"
    case $1 in
    integrity)
        modprobe -q dm-integrity || return
        for name in one two; do
            lower "null$name"
            dmsetup create $name --table "0 1 integrity /dev/null$name $tags"
            size=$(dmsetup status $name | awk '{ print $5 }')
            gone $name
            dmsetup create $name --table "0 $size integrity /dev/null$name $tags"
            # A block that was never written has no checksum, so it cannot be read.
            dd if=/dev/zero of=/dev/mapper/$name bs=1M count=8 oflag=direct status=none
        done
        one=/dev/mapper/one two=/dev/mapper/two
        ;;
    protection)
        protected || return
        dmsetup create one --table "0 65536 linear /dev/$disk 0"
        dmsetup create two --table "0 65536 linear /dev/$disk 65536"
        one=/dev/mapper/one two=/dev/mapper/two
        ;;
    *)
        # shellcheck disable=SC2086
        for name in one two; do lower null$name ${1//,/ }; done
        one=/dev/nullone two=/dev/nulltwo
        ;;
    esac
}
unbeneath() {
    case $1 in integrity | protection) gone one two ;; esac
    case $1 in protection) modprobe -r scsi_debug || true ;; *) unlower nullone nulltwo ;; esac
}

# reads_back PROMISE OPTION…: fio writes to the first MiB of ours, different data each time, and
# reads it back unchanged.
reads_back() {
    run_fio verified --filename=/dev/mapper/ours --rw=randrw --bsrange=4k-64k --direct=1 \
        --ioengine=io_uring --iodepth=16 --size=1m --verify=crc32c --randrepeat=0 "${@:2}"
    same "$1" "0 0" "$fio_status $fio_error"
}

# gaps NAME [ALIGNMENT]: writes 8 blocks of a mapped device from memory with gaps between them, and
# reads them into the same memory. A device with a virtual boundary takes them one by one. Prints
# how many blocks were written and read, and whether the data is the same. Each piece of memory
# begins 512 bytes into a page, or at ALIGNMENT.
gaps() {
    python3 - "/dev/mapper/$1" "$(cat "$(sysfs "$1")/queue/logical_block_size")" \
        "$(cat "$(sysfs "$1")/queue/dma_alignment")" "${2:-512}" << 'END'
import mmap, os, sys
size, place = int(sys.argv[2]), max(int(sys.argv[3]) + 1, int(sys.argv[4]))
memory = mmap.mmap(-1, 65536)
# Each sector begins with the same byte as fio's blocks.
data = b"".join(b"\xca" + os.urandom(511) for _ in range(size // 64))
pieces = [memoryview(memory)[n * 8192 + place:n * 8192 + place + size] for n in range(8)]
for n, piece in enumerate(pieces):
    piece[:] = data[n * size:n * size + size]
device = os.open(sys.argv[1], os.O_RDWR | os.O_DIRECT)
written = os.pwritev(device, pieces, 0)
for piece in pieces:
    piece[:] = bytes(size)
read = os.preadv(device, pieces, 0)
print(written // size, read // size, b"".join(pieces) == data)
END
}
