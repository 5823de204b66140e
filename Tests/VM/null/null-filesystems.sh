#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus_null with ext4 and XFS: trees of files survive an unmount, and the file systems are clean
# afterwards.
# apus: memory=1024 cpus=2 timeout=300
. ./lib.sh

mkdir -p /mnt/apus

# A tree with files of odd sizes, empty files, holes, links, and unusual names.
make_tree() {
    mkdir -p "$1/deep/er/and deeper" && cp -a /usr/bin "$1/" || return
    for size in 0 1 511 512 513 4095 4096 4097 65537 1048577; do
        head -c $size /dev/urandom > "$1/deep/size $size" || return
    done
    truncate -s 8M "$1/deep/er/holes" &&
        dd if=/dev/urandom of="$1/deep/er/holes" bs=1 count=777 seek=3333333 conv=notrunc \
        status=none || return
    for number in $(seq 300); do echo "$number" > "$1/deep/er/and deeper/$number" || return; done
    ln -s ../bin/bash "$1/deep/link"
    ln "$1/deep/size 513" "$1/deep/another name"
    echo "$(find "$1" | wc -l) files and directories, $(du -sm "$1" | cut -f1) MiB"
}

# Describes a tree: the content of each file, and the kind, size, mode and links of each entry.
describe() {
    (cd "$1" && find . -type f -print0 | sort -z | xargs -0 md5sum &&
        find . ! -path ./lost+found -printf '%p %y %m %n %l\n' | sort)
}

# Checks without repairing.
check_ext4() { fsck.ext4 -fn /dev/apusnull0 && echo "fsck.ext4 -fn has nothing to mend"; }
check_xfs() { xfs_repair -n /dev/apusnull0 && echo "xfs_repair -n has nothing to mend"; }

# try_filesystem TYPE: the whole test for one type.
try_filesystem() {
    local type=$1
    mount -t "$type" /dev/apusnull0 /mnt/apus || { fail "$type is mounted" "it does not"; return; }
    holds "a tree of files is written to $type" make_tree /mnt/apus
    describe /mnt/apus > /tmp/before
    umount /mnt/apus
    holds "the check of $type finds no error after the unmount" "check_$type"
    drop_caches
    mount -t "$type" /dev/apusnull0 /mnt/apus
    describe /mnt/apus > /tmp/after
    same "all files of $type are unchanged after a second mount" \
        "$(wc -l < /tmp/before) lines of checksums and modes, $(digest < /tmp/before)" \
        "$(wc -l < /tmp/after) lines of checksums and modes, $(digest < /tmp/after)"
    between "the tree on $type has at least 600 entries" 600 100000 "$(wc -l < /tmp/after)" "lines"
    # Deleting frees blocks, and the next files use them again.
    rm -rf /mnt/apus/bin && sync && cp -a /usr/bin /mnt/apus/
    describe /mnt/apus > /tmp/after
    same "a tree that is deleted from $type and written again is the same" \
        "$(digest < /tmp/before)" "$(digest < /tmp/after)"
    umount /mnt/apus
    holds "the check of $type finds no error after the second unmount" "check_$type"
}

reload memory_backed=1 discard=1 size=384 submit_queues=2
mkfs.ext4 -q /dev/apusnull0
try_filesystem ext4
ext4_pages=$(pages 0)

# With blocks of 4096 bytes, which XFS then uses as its sector size.
reload memory_backed=1 discard=1 size=384 bs=4096
mkfs.xfs -q /dev/apusnull0
try_filesystem xfs
same "the sector size of XFS is the block size of the device" "sectsz=4096" \
    "$(mount -t xfs /dev/apusnull0 /mnt/apus &&
        xfs_info /mnt/apus | grep -o 'sectsz=[0-9]*' | head -n 1; umount /mnt/apus)"

# The file system discards blocks that it no longer needs, and the device frees their memory.
mount -t xfs /dev/apusnull0 /mnt/apus
before=$(pages 0)
rm -rf /mnt/apus/bin
fstrim /mnt/apus
between "fstrim frees the pages of deleted files" $((20 << 8)) $((before - 1)) \
    $((before - $(pages 0))) "pages of $before"
umount /mnt/apus
between "the device has between 30 and 300 MiB of pages for ext4" $((30 << 8)) $((300 << 8)) \
    "$ext4_pages" pages
unloads apus_null apusnull
