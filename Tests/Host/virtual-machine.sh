#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How `apus vm` detects failures of a script: each kind of failure has its own status, and none is
# missed.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
apus=${APUS:-$root/.build/debug/apus}
[ -x "$apus" ] || apus=$root/.build/release/apus
if [ ! -x "$apus" ]; then echo "not ok - the command is built: no .build/debug/apus"; exit 1; fi
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

status "a script's status is passed on" 77 6.12 << 'SCRIPT'
head -c 3000000 /dev/zero | base64 -w 0
sleep 1000 &
exit 77
SCRIPT
size=$(stat -c %s "$work/out")
if [ "$size" = 4000000 ]; then
    echo "ok - large output arrives whole: $size bytes"
else
    echo "not ok - large output arrives whole: $size bytes of 4000000"
fi

status "a panic ends the run" 125 6.1 << 'SCRIPT'
echo before
sleep 1
echo c > /proc/sysrq-trigger
echo after
SCRIPT
output "what the script said before the panic is there" before
output "the console is shown" 'Kernel panic - not syncing: sysrq triggered crash'

status "a script without end is ended" 124 6.12 --timeout 12 << 'SCRIPT'
while :; do :; done
SCRIPT

status "an offence in the kernel's log outdoes status 0" 125 6.12 << 'SCRIPT'
echo 'refcount_t: underflow; use-after-free.' > /dev/kmsg
SCRIPT
output "the offending line is shown" 'refcount_t: underflow'

status "an announced offence that does not come is one" 125 6.12 << 'SCRIPT'
echo 'apus-expect: WARNING: this' > /dev/kmsg
SCRIPT
status "an announced offence that comes is none" 3 6.1 << 'SCRIPT'
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
status "a boot that fails before the script begins is tried once more" 7 6.12 <<< 'exit 7'
output "the fault is told" 'did not begin, the machine is booted once more: the guest went away'
printf 12 > "$work/faults"
status "a boot that fails twice is a failure" 125 6.12 <<< 'exit 7'
output "the emulator's own words are shown" 'a planted fault'

# An emulator that stays when the guest has switched itself off.
sed -i 's/^exec .*/& -no-shutdown/' "$work/bin/qemu-system-x86_64"
status "an emulator that stays after the guest's end is ended" 9 6.12 <<< 'exit 9'
