#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Device mapper: random tables through the ioctl. Each is accepted, or refused with a fitting errno,
# and none leaks a reference to a device.
# apus: memory=1024 cpus=1 timeout=400 files=dm-lib.sh,tables.pl
. ./lib.sh
# shellcheck source=dm-lib.sh
. ./dm-lib.sh

case $(uname -r) in 6.1.*) is_old=1 ;; *) is_old= ;; esac
# Two concurrent programs, each with its own seed and mapped device.
tables=10000
seeds="5 6"
modprobe null_blk nr_devices=2 gb=1 memory_backed=1
modprobe brd rd_nr=2 rd_size=512
kinds=(linear striped zero error delay flakey dust log-writes)
for kind in "${kinds[@]}"; do modprobe "apus_${kind//-/_}"; done
# One device is too small, and one is in use.
mkfs.ext4 -q -F -O ^has_journal /dev/ram1
mkdir -p /tmp/mounted
mount /dev/ram1 /tmp/mounted
for seed in $seeds; do dmsetup create "fuzz$seed" --notable; done
dmsetup mknodes

# The log would overload the console. The programs read all of the log, and report each line that is
# not expected.
dmesg -n 1
# For each number of a device that does not exist, the kernel would start modprobe.
modprobe=$(cat /proc/sys/kernel/modprobe)
echo > /proc/sys/kernel/modprobe
begin=$(date +%s)
for seed in $seeds; do
    perl tables.pl $tables "$seed" "fuzz$seed" /dev/nullb0 /dev/nullb1 /dev/ram0 /dev/ram1 \
        > "/tmp/said$seed" 2>&1 &
done
wait
dmesg -n 7
echo "$modprobe" > /proc/sys/kernel/modprobe
echo "# $tables tables for each of the seeds $seeds, in $(($(date +%s) - begin)) s"
for seed in $seeds; do
    said() { awk -v name="$1" '$1 == name { print $2 }' "/tmp/said$seed"; }
    sed -n "/^text/!s/^/# seed $seed: /p" "/tmp/said$seed"
    same "seed $seed: each table is accepted or refused" "$tables" "$(said tables)"
    between "between a twentieth and a half of the tables are accepted" \
        $((tables / 20)) $((tables / 2)) "$(said taken)"
    between "at least a hundredth of the accepted tables load again from their status" \
        $((tables / 100)) $tables "$(said again)"
    between "some of the accepted tables are resumed" $((tables / 200)) $tables "$(said resumed)"
    between "tables are refused with at least 35 different messages" 35 1000 "$(said texts)"
    same "each refusal has one of the expected errnos" \
        "" "$(awk '$1 == "answer" { print $2 }' "/tmp/said$seed" |
        grep -vxE 'taken|EINVAL|ENOENT|ENXIO|ENODEV|ENOTBLK|EBUSY|ENOTDIR|EACCES|ENAMETOOLONG|EOVERFLOW')"
    same "the log has a message for each refusal with such an errno" "" \
        "$(awk '$1 == "answer" && $2 != "taken" && $2 != "EINVAL" && $3 != $4' "/tmp/said$seed")"
    for errno in EINVAL EBUSY ENXIO EOVERFLOW \
        $([ $is_old ] && echo ENODEV || echo ENOENT ENOTBLK); do
        contains "some tables are refused with $errno" \
            "answer $errno" "$(grep '^answer' "/tmp/said$seed")"
    done
    contains "some random messages are accepted" "message taken" \
        "$(grep '^message' "/tmp/said$seed")"
    contains "some random messages are refused with EINVAL" \
        "message EINVAL" "$(grep '^message' "/tmp/said$seed")"
    same "the log has no unexpected line" "0" "$(said odd)"
done
for seed in $seeds; do gone "fuzz$seed"; done
umount /tmp/mounted
same "after the removal, no mapped device holds a lower device" "0 0 0 0" \
    "$(opened /dev/nullb0) $(opened /dev/nullb1) $(opened /dev/ram0) $(opened /dev/ram1)"
for device in nullb0 nullb1 ram0 ram1; do
    holds "after the removal, an exclusive open of $device succeeds" perl \
        -e "use Fcntl; sysopen(F, '/dev/$device', O_RDWR | O_EXCL) or die \$!"
done
for kind in "${kinds[@]}"; do unloads "apus_${kind//-/_}" nothing; done
