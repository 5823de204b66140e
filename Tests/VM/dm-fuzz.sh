#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Device mapper: tables and messages of words at random, through the ioctl: none is anything but taken or refused, and none keeps a device.
# apus: memory=1024 cpus=2 timeout=240 files=lib/dm-lib.sh
. ./lib.sh
# shellcheck source=lib/dm-lib.sh
. ./dm-lib.sh

modprobe null_blk nr_devices=2 gb=1 memory_backed=1
modprobe brd rd_nr=1 rd_size=64
kinds=(linear striped zero error delay flakey dust log-writes)
for kind in "${kinds[@]}"; do modprobe "apus_${kind//-/_}"; done
# One that is too small, one that is held, one that is missing, one that is none, numbers that are none, and words that have a meaning.
words=(/dev/nullb0 /dev/nullb0 /dev/nullb1 /dev/nullb1 /dev/ram0 /dev/nothing /dev/null 252:0 "$(cat /sys/block/nullb0/dev)" 999999:0 0:0 : "" / . 0 0 0 1 2 3 8 16 100 512 4096
    -1 4294967295 4294967296 18446744073709551615 18446744073709551616 99999999999999999999999999 0x10 1e3 1.5 x "\\ " %s%n%p é
    error_reads drop_writes error_writes corrupt_bio_byte r w random_read_corrupt random_write_corrupt
    "$(printf 'a%.0s' {1..3000})")
# (The numbers are always the same ones, so what goes wrong does so again.)
RANDOM=5
taken=0 refused=0 other=0
end=$((SECONDS + ${APUS_FUZZ_SECONDS:-40}))
while [ $SECONDS -lt $end ]; do
    kind=${kinds[RANDOM % ${#kinds[@]}]}
    line=
    for ((i = RANDOM % 12; i > 0; i--)); do line="$line ${words[RANDOM % ${#words[@]}]}"; done
    # A table without a device in front is refused at once, so one of two has what the target wants in front.
    if [ $((RANDOM % 2)) = 0 ]; then
        case $kind in
        striped) line=" 2 8 /dev/nullb0 0 /dev/nullb1$line" ;;
        log-writes) line=" /dev/nullb0 /dev/nullb1$line" ;;
        flakey) line=" /dev/nullb0 0 1 1 $((RANDOM % 12))$line" ;;
        *) line=" /dev/nullb0$line" ;;
        esac
    fi
    if dmsetup create fuzz --table "0 $((RANDOM % 3 ? 2048 : RANDOM)) apus-$kind$line" > /tmp/said 2>&1; then
        taken=$((taken + 1))
        message=${words[RANDOM % ${#words[@]}]}
        dmsetup message fuzz 0 "${message:-queryblock}" "${words[RANDOM % ${#words[@]}]}" > /dev/null 2>&1
        dmsetup status fuzz > /dev/null
        dmsetup table fuzz > /dev/null
        dmsetup remove fuzz || other=$((other + 1))
    elif grep -q 'ioctl' /tmp/said; then
        refused=$((refused + 1))
    else
        # dmsetup itself did not like it.
        other=$((other + 0))
    fi
    dmsetup info fuzz > /dev/null 2>&1 && dmsetup remove fuzz 2> /dev/null
done
echo "# $taken tables were taken, $refused refused"
holds "some tables of words at random are taken" test $taken -gt 5
holds "and some refused" test $refused -gt 20
same "all that were taken could be removed" 0 $other
same "nobody holds a device" "0 0 0" "$(opened /dev/nullb0) $(opened /dev/nullb1) $(opened /dev/ram0)"
for kind in "${kinds[@]}"; do unloads "apus_${kind//-/_}" nothing; done
