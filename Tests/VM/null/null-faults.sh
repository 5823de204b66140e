#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus_null's fault injection, if the kernel has it: the parameters and groups of the kernel's
# null_blk, and their effect.
# apus: suite=debug memory=768 cpus=2 timeout=600
. ./lib.sh

config=/sys/kernel/config/apusnull
modprobe configfs
mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
put() { printf '%s\n' "$2" > "$config/dev/$1"; }
device() {
    local pair
    mkdir "$config/dev"
    for pair in size=32 memory_backed=1; do put "${pair%%=*}" "${pair#*=}"; done
}
# faults GROUP: its attributes, in the format of the parameter.
faults() { (cd "$config/dev/$1_inject" && cat interval probability space times | paste -sd,); }
# inject GROUP TIMES: makes the next TIMES operations fail, without a message in the log.
inject() {
    put "$1_inject/verbose" 0
    put "$1_inject/interval" 1
    put "$1_inject/probability" 100
    put "$1_inject/times" "$2"
}

for name in timeout requeue init_hctx; do
    fails_with "$name=often, which is not four numbers, is refused with EINVAL" \
        "Invalid argument" modprobe apus_null nr_devices=0 $name=often
done
modprobe apus_null nr_devices=0 requeue=1,100,0,20
device
same "a device has the fault groups of null_blk" \
    "init_hctx_fault_inject requeue_inject timeout_inject" "$(cd $config/dev && echo *_inject)"
same "the fault groups have the values of the parameters" "1,100,0,20 1,0,0,1 1,0,0,1" \
    "$(faults requeue) $(faults timeout) $(faults init_hctx_fault)"
put power 1
run_fio requeued --filename=/dev/dev --rw=randrw --bs=4k --direct=1 --ioengine=io_uring \
    --iodepth=8 --size=4m --verify=crc32c
same "requests that are refused and requeued in turn all succeed" "status 0, 0 errors, 0 left" \
    "status $fio_status, $fio_errors errors, $(cat $config/dev/requeue_inject/times) left"
put power 0

inject init_hctx_fault 1
fails_with "power on fails with ENOMEM if a hardware queue cannot be made" \
    "Cannot allocate memory" put power 1
same "after the failure, there is no disk, and the fault is counted" "0 disks, 0 left" \
    "$(find /sys/block -name dev |
        wc -l) disks, $(cat $config/dev/init_hctx_fault_inject/times) left"
holds "the next power on succeeds" put power 1

inject timeout 1
mark_log
fails_with "a request whose completion is dropped fails with ETIMEDOUT" "Connection timed out" dd \
    if=/dev/dev of=/dev/null bs=4096 count=1 iflag=direct status=none
contains "the log says that the request timed out" "timed out" "$(new_log)"
holds "the next request succeeds" dd if=/dev/dev of=/dev/null bs=4096 count=1 iflag=direct \
    status=none
rmdir $config/dev
unloads apus_null apusnull
