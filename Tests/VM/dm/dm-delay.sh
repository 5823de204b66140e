#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Device mapper: how long apus-delay delays I/O compared with the kernel's own target. The guest's
# clock counts instructions.
# apus: suite=vm memory=512 icount timeout=400 files=dm-lib.sh
. ./lib.sh
# shellcheck source=dm-lib.sh
. ./dm-lib.sh

modprobe null_blk nr_devices=1 gb=1
modprobe dm-delay
modprobe apus_delay
tick=4000
# took KIND MILLISECONDS: the average duration of ten reads, in microseconds.
took() {
    local begin end
    dmsetup create delayed --table "0 32768 $1 /dev/nullb0 0 $2"
    begin=$(date +%s%N)
    dd if=/dev/mapper/delayed of=/dev/null bs=4k count=10 iflag=direct status=none
    end=$(date +%s%N)
    dmsetup remove delayed
    echo $(((end - begin) / 10000))
}
took delay 1 > /dev/null
took apus-delay 1 > /dev/null
for delay in 0 1 3 4 10 30 49 50 60; do
    theirs=$(took delay $delay) ours=$(took apus-delay $delay)
    between "a read with a delay of $delay ms takes at most a tick longer than with the kernel's delay ($theirs us)" \
        $((delay * 1000)) $((theirs + tick)) "$ours" us
    between "that read takes at most a tick longer than its delay" \
        $((delay * 1000)) $((delay * 1000 + tick)) "$ours" us
done
# The bio that is due first is sent first, whatever its class.
dmsetup create delayed --table "0 32768 apus-delay /dev/nullb0 0 200 /dev/nullb0 0 20"
waits() { dmsetup status delayed | grep -q ' 1 0 0$'; }
# The guest's clock leaps while the host reads a program's file. This call reads the files first.
waits
begin=$(date +%s%N)
dd if=/dev/mapper/delayed of=/dev/null bs=4k count=1 iflag=direct status=none &
reader=$!
soon waits
dd if=/dev/zero of=/dev/mapper/delayed bs=4k count=1 oflag=direct status=none
between "a write with a shorter delay ends before an earlier read with a longer delay" 20 190 \
    $((($(date +%s%N) - begin) / 1000000)) ms
wait $reader
between "the read ends when its delay is over" 200 320 $((($(date +%s%N) - begin) / 1000000)) ms
gone delayed
unloads apus_delay nothing
