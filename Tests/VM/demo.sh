#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What `make run` shows: five drivers in Swift at real work in one boot. Nothing here depends on a
# clock: the host detects a step that hangs by its silence (see Demonstration.swift).
#
# Beside the results it prints lines for the screen of `make run`:
#   # kernel: RELEASE
#   # part: TITLE                        the results below belong to this part
#   # figure: NAME|C|SWIFT|UNIT          a number of the kernel's own driver, and of ours
# The host counts the lines of this file that begin with `part`, to see that no part is missing.
# apus: suite=vm memory=512 cpus=2 silence=30 files=scenario.sh,pressure.pl
. ./lib.sh
# shellcheck source=lib/scenario.sh
. ./scenario.sh

modules=(apus_null apus_linear apus_striped apus_dust apus_zblock)
a=/dev/apusnull0 b=/dev/apusnull1

part() { printf '# part: %s\n' "$1"; }
figure() { printf '# figure: %s|%s|%s|%s\n' "$@"; }

# loaded_size MODULE: the bytes that a loaded module takes.
loaded_size() { cat "/sys/module/$1/coresize"; }

# read_of DEVICE MEBIBYTES [SKIP]: the digest of MEBIBYTES of the device, from SKIP mebibytes on.
read_of() { dd if="$1" bs=1M count="$2" skip="${3:-0}" iflag=direct status=none | digest; }

# fill DEVICE MEBIBYTES: writes random bytes, and prints their digest.
fill() {
    head -c $(($2 << 20)) /dev/urandom > /tmp/noise
    dd if=/tmp/noise of="$1" bs=1M oflag=direct status=none
    digest < /tmp/noise
}

# lies_there TARGET C-DEVICE SWIFT-DEVICE MEBIBYTES: data that is written through a Swift target
# reads back through the kernel's target with the same table.
lies_there() {
    local written seen
    written=$(fill "$3" "$4")
    seen=$(read_of "$2" "$4")
    if [ "$written" = "$seen" ]; then
        pass "the kernel's ${1#apus-} target reads the data that the Swift target wrote" \
            "$4 MiB, md5 ${seen:0:8}"
    else
        fail "the kernel's ${1#apus-} target reads the data that the Swift target wrote" \
            "md5 $seen, and not $written"
    fi
}

# takes TABLE…: device mapper makes the device "ours" from the table, and shows the same table.
takes() {
    dmsetup create ours --table "$*"
    contains "dmsetup makes a mapped device with the target $3" \
        "0 $2 $3 " "$(dmsetup table ours 2>&1)"
}

modprobe -a dm_mod null_blk
mark_log
printf '# kernel: %s\n' "$(uname -r)"
part "A null block device, apus_null, that keeps what is written"
modprobe apus_null nr_devices=2 memory_backed=1 discard=1 size=64 submit_queues=2
same "modprobe of apus_null makes two disks of 64 MiB" "67108864 and 67108864 bytes" \
    "$(blockdev --getsize64 $a) and $(blockdev --getsize64 $b) bytes"
figure "the null block driver, loaded" "$(loaded_size null_blk)" "$(loaded_size apus_null)" bytes
# Each of two jobs reads or writes each block of its 8 MiB once. Then fio checks written blocks.
run_fio verify --filename=$a --rw=randrw --verify=crc32c --verify_fatal=1 --numjobs=2 --size=8m \
    --offset_increment=8m --ioengine=io_uring --iodepth=16 --direct=1 --bssplit=4k/40:8k/30:64k/30
if [ "$fio_status $fio_error $fio_read" = "0 0 $((16 << 20))" ] && [ "$fio_written" -gt 0 ]; then
    pass "fio reads back each block that it wrote" "$fio_written bytes, $fio_errors errors"
else
    fail "fio reads back each block that it wrote" \
        "status $fio_status, error $fio_error, $fio_read bytes read"
fi

describe() { (cd /mnt && find . -type f -print0 | sort -z | xargs -0 md5sum); }
files() { mkfs.ext4 -q $a && mount $a /mnt && cp -a /usr/sbin /mnt/; }
files
describe > /tmp/before
umount /mnt
drop_caches
mount $a /mnt
describe > /tmp/after
umount /mnt
if [ -s /tmp/before ] && [ "$(wc -l < /tmp/before)" -gt 50 ] && cmp -s /tmp/before /tmp/after; then
    pass "ext4 has all files, unchanged, after it is mounted again" \
        "$(wc -l < /tmp/after) files, $(pages 0) pages"
else
    fail "ext4 has all files, unchanged, after it is mounted again" \
        "$(wc -l < /tmp/after) of $(wc -l < /tmp/before) files"
fi
same "fsck.ext4 finds no error" "status 0" "status $(fsck.ext4 -fn $a > /tmp/fsck 2>&1; echo $?)"

part "Device mapper targets: apus-linear, apus-striped, apus-dust"
dmsetup create theirs --table "0 32768 linear $a 4096"
takes 0 32768 apus-linear $a 4096
lies_there apus-linear /dev/mapper/theirs /dev/mapper/ours 16
dmsetup remove ours
dmsetup remove theirs
dmsetup create theirs --table "0 65536 striped 2 16 $a 0 $b 0"
takes 0 65536 apus-striped 2 16 $a 0 $b 0
lies_there apus-striped /dev/mapper/theirs /dev/mapper/ours 16
dmsetup remove ours
dmsetup remove theirs
takes 0 65536 apus-dust $b 0 4096
dmsetup message ours 0 addbadblock 7
dmsetup message ours 0 enable
same "a read of block 7, which is marked as bad, fails with EIO" "Input/output error" \
    "$(dd if=/dev/mapper/ours of=/dev/null bs=4k skip=7 count=1 iflag=direct 2>&1 |
        sed -n '1s/^.*: //p')"
dd if=/dev/zero of=/dev/mapper/ours bs=4k seek=7 count=1 oflag=direct status=none
same "a write to block 7 removes its mark, as on a real disk" "0 badblock(s) found" \
    "$(dmsetup message ours 0 countbadblocks | sed 's/^.*: //')"
same "after the write, a read of block 7 succeeds" "4096 bytes" \
    "$(dd if=/dev/mapper/ours bs=4k skip=7 count=1 iflag=direct status=none | wc -c) bytes"
dmsetup remove ours

part "zswap under memory pressure, its pages in apus_zblock"
set_zswap enabled Y
set_zswap max_pool_percent 3
mebibytes=32
small_world 16
# zswap_run TYPE: two processes have twice the memory of their cgroup, and check each byte. The
# counters are in $stored, $bytes, $written and $right (the pages that were right).
zswap_run() {
    local before
    set_zswap zpool "$1"
    swap_on
    before=$(statistic written_back_pages)
    start_pressure $mebibytes 1
    pages=$((mebibytes * 128))
    until_filled
    stored=$(statistic stored_pages) bytes=$(pool_bytes)
    wait "${pressure[@]}"
    right=$(awk '/^[0-9]+ pages right$/ { sum += $1 } END { print sum + 0 }' pressure.0 pressure.1)
    swapoff /swapfile
    written=$(($(statistic written_back_pages) - before))
}
# The kernel's own zsmalloc runs first, for the figures.
zswap_run zsmalloc
c_stored=$stored c_bytes=$bytes c_right=$right
zswap_run apus_zblock
same "zswap uses apus_zblock, which was set by name" apus_zblock "$(cat $parameters/zpool)"
same "each byte of $mebibytes MiB is right, in a cgroup that has 16 MiB of memory" \
    "$((2 * pages)) pages right" "$right pages right"
if [ "$stored" -gt 1000 ]; then
    pass "apus_zblock holds compressed pages during the pressure" "$stored pages in $bytes bytes"
else
    fail "apus_zblock holds compressed pages during the pressure" "$stored pages in $bytes bytes"
fi
printf '# %s pages were written back\n' "$written"
[ "$c_right" = $((2 * pages)) ] ||
    fail "each byte is right with the kernel's zsmalloc" "$c_right pages right"
figure "zswap, pages held at the peak (C: zsmalloc)" "$c_stored" "$stored" pages
figure "zswap, memory for each" "$((c_bytes / (c_stored > 0 ? c_stored : 1)))" \
    "$((bytes / (stored > 0 ? stored : 1)))" bytes

part "Unload"
echo $$ > /tmp/cgroup/cgroup.procs
set_zswap zpool zsmalloc
rmmod null_blk
for module in "${modules[@]}"; do
    if [ ! -e "/sys/module/$module" ]; then left="${left:-} $module was not loaded;" && continue; fi
    # The pool of apus_zblock ends, with its reference to the module, when its last user ends.
    until [ "$(cat "/sys/module/$module/refcnt")" = 0 ]; do sleep 0.2; done
    rmmod "$module"
    left="${left:-}$(leftovers "$module" "${module/_/}")"
done
same "rmmod of the ${#modules[@]} modules leaves nothing of them" "nothing of them is left" \
    "$(s=${left//nothing/} && printf '%s of them is left' "${s:-nothing}")"
# The line about a module from outside of the kernel's tree, which taints it, does not count.
dmesg -t > /tmp/log
dmesg -t --level=emerg,alert,crit,err,warn | grep -v 'module taints kernel' > /tmp/complaints
same "the kernel's log has no warning and no error" "0 of $(wc -l < /tmp/log) lines" \
    "$(wc -l < /tmp/complaints) of $(wc -l < /tmp/log) lines"
sed 's/^/# /' /tmp/complaints
