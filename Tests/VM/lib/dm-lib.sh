# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the scripts about device mapper, after lib.sh: the kernel's target and ours, side by side.

# sysfs NAME: the directory of a mapped device in /sys/block.
sysfs() { printf '/sys/block/%s' "$(dmsetup info -c --noheadings -o blkdevname "$1")"; }

# limits NAME [FILE…]: what its queue can, a line each, without the files that are named. (Processes are dear in an emulated machine: one
# for all files.)
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

# same_limits PROMISE THEIRS OURS [FILE…]: holds when the queues of two mapped devices can the same, but for what the files say.
same_limits() {
    local promise=$1 theirs ours
    theirs=$(limits "$2" "${@:4}")
    ours=$(limits "$3" "${@:4}")
    if [ -n "$theirs" ] && [ "$theirs" = "$ours" ]; then
        pass "$promise" "$(grep -c : <<< "$ours") limits"
    else
        fail "$promise" "$(diff <(printf '%s\n' "$theirs") <(printf '%s\n' "$ours") | grep '^[<>]' | tr '\n' ' ')"
    fi
}

# plain TEXT: without what our names have in front.
plain() { printf '%s\n' "${1//apus-/}"; }

# refusal LINE: how a table of that line is refused, as the kernel's log says it, without our prefix; "accepted" if it is not.
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

# alike KIND ARGUMENTS…: tables of a length of 2048 sectors with these arguments are refused by both with the same words.
alike() {
    local kind=$1 arguments theirs ours
    shift
    for arguments in "$@"; do
        theirs=$(refusal "0 ${length:-2048} $kind $arguments")
        ours=$(refusal "0 ${length:-2048} apus-$kind $arguments")
        same "apus-$kind says of '$arguments' what $kind says" "$theirs" "$ours"
    done
}

# opened DEVICE: how many have it open through device mapper: the number of holders.
opened() { entries "/sys/block/${1#/dev/}/holders"; }

# gone NAME…: these mapped devices are removed.
gone() { for name in "$@"; do dmsetup remove "$name" || fail "$name is removed" "it is not"; done; }

# lower NAME ATTRIBUTE=VALUE…: a null block device of 64 MiB, which ends I/O in the task that sends
# it, unless it is told otherwise. (The kernel's own null_blk is loaded.)
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

# protected: a disk with protection information that the block layer makes; its name is in $disk.
scsi_disk() {
    disk=$(ls /sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*/block) &&
        [ -b "/dev/$disk" ]
}
protected() {
    modprobe sd_mod 2> /dev/null || return
    modprobe scsi_debug dev_size_mb=64 dif=1 dix=1 max_luns=1 delay=0 2> /dev/null || return
    soon scsi_disk && echo 64 > "/sys/block/$disk/queue/max_sectors_kb"
}

# The kinds of device on which a bio that is sent again, or made anew, has to arrive; and the one
# for targets that are made for zones.
odd_kinds="max_sectors=8 virt_boundary=1,max_sectors=16 blocksize=4096 integrity protection"
zoned_kind="zoned=1,zone_size=1,zone_nr_conv=4,max_sectors=64"

# beneath KIND: two devices of a kind, $one and $two, that have data in their first 8 MiB: null
# block devices with these attributes, or dm-integrity with checksums of its own on such ones, or
# halves of a disk with protection information. Fails if this kernel has none.
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
            # (What was never written has no checksum, and does not read.)
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

# reads_back PROMISE OPTION…: what fio writes to the first MiB of ours, other data each time, reads
# back as it was.
reads_back() {
    run_fio verified --filename=/dev/mapper/ours --rw=randrw --bsrange=4k-64k --direct=1 \
        --ioengine=io_uring --iodepth=16 --size=1m --verify=crc32c --randrepeat=0 "${@:2}"
    same "$1" "0 0" "$fio_status $fio_error"
}

# gaps NAME [ALIGNMENT]: writes 8 blocks of a mapped device from memory with gaps between them, and
# reads them so, as a device with a boundary takes them one by one; says how many, and whether they
# are the same. Each begins 512 bytes into a page, or at this alignment.
gaps() {
    python3 - "/dev/mapper/$1" "$(cat "$(sysfs "$1")/queue/logical_block_size")" \
        "$(cat "$(sysfs "$1")/queue/dma_alignment")" "${2:-512}" << 'END'
import mmap, os, sys
size, place = int(sys.argv[2]), max(int(sys.argv[3]) + 1, int(sys.argv[4]))
memory = mmap.mmap(-1, 65536)
# (Each sector begins as fio's blocks do.)
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
