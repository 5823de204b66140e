#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How `apus vm` detects failures of a script: each kind of failure has its own status, and none is
# missed.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
apus=${APUS:-$root/.build/debug/apus}
[ -x "$apus" ] || apus=$root/.build/release/apus
if [ ! -x "$apus" \
    ]; then echo "not ok - the command apus is built: no .build/debug/apus"; exit 1; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/modules"

# status PROMISE STATUS KERNEL [option…]: runs the script on standard input.
status() {
    local promise=$1 expected=$2 kernel=$3 seen=0
    shift 3
    cat > "$work/script"
    "$apus" vm --kernel "$kernel" --modules "$work/modules" --script "$work/script" "$@" \
        > "$work/out" 2> "$work/err" || seen=$?
    if [ "$seen" = "$expected" ]; then
        echo "ok - $promise: status $seen"
    else
        echo "not ok - $promise: status $seen, and not $expected"
        cat "$work/out" "$work/err"
    fi
}

# output PROMISE TEXT: looks for TEXT in the output of the last run.
output() {
    if grep -qF -- "$2" "$work/out" "$work/err"; then
        echo "ok - $1: $2"
    else
        echo "not ok - $1: no '$2'"
        cat "$work/out" "$work/err"
    fi
}

status "apus vm ends with the status of the script" 77 6.12 << 'SCRIPT'
head -c 3000000 /dev/zero | base64 -w 0
sleep 1000 &
exit 77
SCRIPT
size=$(stat -c %s "$work/out")
if [ "$size" = 4000000 ]; then
    echo "ok - output of 4000000 bytes is complete: $size bytes"
else
    echo "not ok - output of 4000000 bytes is complete: $size bytes of 4000000"
fi

status "a panic ends apus vm with status 125" 125 6.1 << 'SCRIPT'
echo before
sleep 1
echo c > /proc/sysrq-trigger
echo after
SCRIPT
output "the output of the script before the panic is printed" before
output "the console with the panic is printed" 'Kernel panic - not syncing: sysrq triggered crash'

status "a script that runs longer than the timeout is ended with status 124" \
    124 6.12 --timeout 12 << 'SCRIPT'
while :; do :; done
SCRIPT

status "an offence in the kernel's log gives status 125, although the script has status 0" \
    125 6.12 << 'SCRIPT'
echo 'refcount_t: underflow; use-after-free.' > /dev/kmsg
SCRIPT
output "the offending line is printed" 'refcount_t: underflow'

status "an announced offence that does not come gives status 125" 125 6.12 << 'SCRIPT'
echo 'apus-expect: WARNING: this' > /dev/kmsg
SCRIPT
status "an announced offence that comes keeps the script's status" 3 6.1 << 'SCRIPT'
echo 'apus-expect: WARNING: this' > /dev/kmsg
echo 'WARNING: this' > /dev/kmsg
exit 3
SCRIPT

# An emulator whose boots end before the script begins as many times as $work/faults has bytes.
mkdir "$work/bin"
qemu=$(command -v qemu-system-x86_64)
cat > "$work/bin/qemu-system-x86_64" << QEMU
#!/bin/bash
if [[ "\$*" == *console=ttyS0* ]] && [ -s "$work/faults" ]; then truncate -s -1 "$work/faults"; echo "a planted fault" >&2; exit 9; fi
exec $qemu "\$@"
QEMU
chmod +x "$work/bin/qemu-system-x86_64"
PATH=$work/bin:$PATH
printf 1 > "$work/faults"
status "a boot that fails before the script begins is tried again" 7 6.12 <<< 'exit 7'
output "the message names the fault of the first boot" \
    'did not begin, the machine is booted once more: the guest went away'
printf 12 > "$work/faults"
status "a boot that fails twice gives status 125" 125 6.12 <<< 'exit 7'
output "the emulator's own message is printed" 'a planted fault'

# An emulator that does not end when the guest powers off.
sed -i 's/^exec .*/& -no-shutdown/' "$work/bin/qemu-system-x86_64"
status "an emulator that does not end after the guest is ended" 9 6.12 <<< 'exit 9'
