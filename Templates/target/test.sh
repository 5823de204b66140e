#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What my_driver promises. `make vm` runs this script as root in a virtual machine; lib.sh has the
# functions.
# apus: memory=512 cpus=2 timeout=180
. ./lib.sh

modprobe brd rd_nr=1 rd_size=8192
head -c 8388608 /dev/urandom > /dev/ram0
expected=$(tail -c +1048577 /dev/ram0 | head -c 4194304 | digest)

holds "a table that names the target loads the module" \
    dmsetup create mine --table "0 8192 my_driver /dev/ram0 2048"
same "dmsetup shows the line that made the table" \
    "0 8192 my_driver 1:0 2048" "$(dmsetup table mine)"
same "the mapped device reads the range of the lower device" \
    "$expected" "$(digest < /dev/mapper/mine)"
head -c 4096 /dev/urandom > block
dd if=block of=/dev/mapper/mine bs=4096 seek=7 oflag=direct status=none
same "a write reaches the same place of the lower device" "$(digest < block)" \
    "$(dd if=/dev/ram0 bs=4096 skip=263 count=1 iflag=direct status=none | digest)"
holds "the mapped device is removed" dmsetup remove mine
fails_with "a table without a sector is refused with EINVAL" "Invalid argument" \
    dmsetup create mine --table "0 8192 my_driver /dev/ram0"
unloads my_driver none
