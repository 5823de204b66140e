#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What my_driver promises. `make vm` runs this script as root in a virtual machine; lib.sh has the
# functions.
# apus: memory=512 cpus=2 timeout=180
. ./lib.sh

holds "the module loads" modprobe my_driver
same "the disk has the size of the driver" 32768 "$(cat /sys/block/my_driver0/size)"
holds "a write to the disk succeeds" \
    dd if=/dev/urandom of=/dev/my_driver0 bs=1M count=1 oflag=direct status=none
same "the disk reads as zeroes" "$(head -c 16777216 /dev/zero | digest)" \
    "$(dd if=/dev/my_driver0 bs=1M iflag=direct status=none | digest)"
unloads my_driver my_driver
