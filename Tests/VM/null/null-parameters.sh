#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus_null's parameters: an invalid value is refused with EINVAL and a message in the log that
# names it. Nothing of the module remains.
# apus: memory=1024 cpus=1 timeout=180
. ./lib.sh

# refused MESSAGE ARGUMENT…: modprobe fails with EINVAL, the log has the message, and nothing of the
# module remains.
refused() {
    local message=$1 seen status=0 all
    shift
    all=$*
    all=\'${all:0:40}\'
    mark_log
    seen=$(modprobe apus_null "$@" 2>&1) || status=$?
    case "$status $seen" in
    "1 "*"Invalid argument"*) ;;
    *)
        fail "$all is refused with EINVAL" "status $status: $seen"
        rmmod apus_null 2> /dev/null
        return
        ;;
    esac
    contains "$all is refused with a message that names the reason" "$message" "$(new_log)"
    refusals=$((refusals + 1))
    seen=$(leftovers apus_null apusnull)
    [ "$seen" = nothing ] || left="$left; $all leaves $seen"
}
refusals=0 left=

# taken NAME ARGUMENT VALUE: the argument is accepted, and the parameter then has VALUE.
taken() {
    # shellcheck disable=SC2086
    reload size=16 $2
    same "the argument '$2' is accepted" "$1=$3" "$1=$(parameter "$1")"
    rmmod apus_null
}

# --- Numbers: values just outside and just inside of each range ---
for range in nr_devices:0:64 size:1:67108864 bs:512:4096 submit_queues:1:256 \
    hw_queue_depth:1:10240; do
    IFS=: read -r name least most <<< "$range"
    refused "apus_null: parameter $name: '$((least - 1))' is out of range $least..$most" \
        "$name=$((least - 1))"
    refused "apus_null: parameter $name: '$((most + 1))' is out of range $least..$most" \
        "$name=$((most + 1))"
    refused "apus_null: parameter $name: '-9223372036854775808' is out of range" \
        "$name=-9223372036854775808"
    refused "apus_null: parameter $name: '99999999999999999999999' is out of range" \
        "$name=99999999999999999999999"
    refused "apus_null: parameter $name: '-99999999999999999999999' is out of range" \
        "$name=-99999999999999999999999"
    refused "apus_null: parameter $name: 'many' is not a number" "$name=many"
    refused "apus_null: parameter $name: '512x' is not a number" "$name=512x"
    refused "apus_null: parameter $name: '5 12' is not a number" "$name=\"5 12\""
    refused "apus_null: parameter $name: '0x' is not a number" "$name=0x"
    refused "apus_null: parameter $name: '1.5' is not a number" "$name=1.5"
    refused "apus_null: parameter $name: a value is missing" "$name="
    # Without a '=' the kernel itself refuses the argument.
    refused "apus_null: \`' invalid for parameter \`$name'" "$name"
done
refused "apus_null: parameter bs: '$(printf '7%.0s' {1..60})" "bs=$(printf '7%.0s' {1..900})"
refused "apus_null: parameter bs: '\\xff' is not a number" "bs=$(printf '\377')"
for block in 513 1536 4095; do
    refused "apus_null: block size $block is not a power of two between 512 and 4096" bs=$block
done
refused "apus_null: block size 1000 is not a power of two between 512 and 4096" bs=1000 nr_devices=4

# --- Numbers of C types: ERANGE if the value does not fit, EINVAL if it is no number, as in C ---
for range in no_sched:-2147483648:2147483647 mbps:0:4294967295 zone_size:0:18446744073709551615; do
    IFS=: read -r name least most <<< "$range"
    mark_log
    fails_with "$name=9$most is ERANGE" "Numerical result out of range" modprobe apus_null \
        "$name=9$most"
    contains "the log names the parameter, the value and the range" \
        "apus_null: parameter $name: '9$most' is out of range $least..$most" "$(new_log)"
    refused "apus_null: parameter $name: 'many' is not a number" "$name=many"
    taken "$name" "nr_devices=0 $name=$most" "$most"
done
for name in irqmode queue_mode; do
    refused "apus_null: parameter $name: '3' is out of range 0..2" $name=3
done
refused "apus_null: legacy IO path is no longer available" queue_mode=1

# --- Booleans ---
for name in memory_backed discard; do
    for text in banana 2 -1 oui; do
        refused "apus_null: parameter $name: '$text' is neither yes (y, 1, on) nor no (n, 0, off)" \
            "$name=$text"
    done
    refused "apus_null: parameter $name: a value is missing" "$name="
done

# --- Arguments that modprobe must not pass ---
refused "apus_null: parameter add: a command works only while the module is loaded" add=1
refused "apus_null: parameter remove: a command works only while the module is loaded" remove=0
refused "apus_null: parameter devices: it can only be read" devices=1

same "after each refused load, nothing of the module remains" "$refusals loads refused" \
    "$refusals loads refused$left"

# --- Accepted values ---
taken bs bs=0x1000 4096
taken bs bs=01000 512
taken size size=+32 32
taken hw_queue_depth hw_queue_depth=1 1
taken submit_queues submit_queues=256 256
taken size size=67108864 67108864
taken nr_devices nr_devices=0 0
taken nr_devices nr_devices=64 64
taken memory_backed memory_backed Y
taken memory_backed memory_backed=on Y
taken memory_backed memory_backed=off N
taken discard discard=0 N
taken bs "bs=512 bs=4096" 4096

# The largest device, at both ends.
reload memory_backed=1 size=67108864 bs=4096
same "the largest device has its size" $((67108864 << 20)) "$(blockdev --getsize64 /dev/apusnull0)"
head -c 4096 /dev/urandom > /tmp/block
last=$(((67108864 << 8) - 1))
dd if=/tmp/block of=/dev/apusnull0 bs=4096 seek=$last oflag=direct conv=notrunc status=none
same "the largest device keeps a write to its last block, and its first block is zeroes" \
    "$(digest < /tmp/block) $(head -c 4096 /dev/zero | digest)" \
    "$(dd if=/dev/apusnull0 bs=4096 skip=$last iflag=direct status=none |
        digest) $(dd if=/dev/apusnull0 bs=4096 count=1 iflag=direct status=none | digest)"
fails_with "a write beyond the end of the largest device fails with ENOSPC" \
    "No space left on device" dd if=/tmp/block \
    of=/dev/apusnull0 bs=4096 seek=$((last + 1)) oflag=direct conv=notrunc status=none

# --- Parameters of a loaded module ---
for name in nr_devices size bs submit_queues hw_queue_depth memory_backed discard devices; do
    same "$name can only be read while the module is loaded" 444 \
        "$(stat -c %a /sys/module/apus_null/parameters/$name)"
done
for name in add remove; do
    same "only root can write $name, and no user can read it" \
        200 "$(stat -c %a /sys/module/apus_null/parameters/$name)"
done
mark_log
reload size=16 colour=blue
contains "the kernel warns of an unknown parameter" \
    "apus_null: unknown parameter 'colour' ignored" "$(new_log)"

# --- modinfo ---
same "modinfo shows the licence" GPL "$(modinfo -F license apus_null)"
same "modinfo shows the author" "The Apus authors" "$(modinfo -F author apus_null)"
same "modinfo shows the description" \
    "Null block devices in safe Swift" "$(modinfo -F description apus_null)"
same "modinfo and sysfs show the version" "0.2.0 0.2.0" \
    "$(modinfo -F version apus_null) $(cat /sys/module/apus_null/version)"
same "modinfo shows the release of this kernel" \
    "$(uname -r)" "$(modinfo -F vermagic apus_null | cut -d' ' -f1)"
same "modinfo finds the module by its name" "/lib/modules/$(uname -r)/updates/apus_null.ko" \
    "$(modinfo -n apus_null)"
same "modinfo has every parameter that sysfs has" \
    "$(find /sys/module/apus_null/parameters -type f -printf '%f\n' | sort | xargs)" \
    "$(modinfo -F parm apus_null | cut -d: -f1 | sort | xargs)"
same "each parameter in modinfo has a help text and a type" \
    "$(entries /sys/module/apus_null/parameters)" "$(modinfo -F parm apus_null |
        grep -c -E '^[a-z_]+:[A-Z].{10,} \((long|int|uint|ulong|bool|command|report|string)\)$')"
unloads apus_null apusnull
