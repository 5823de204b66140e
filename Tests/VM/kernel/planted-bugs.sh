#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Planted bugs on the debug kernel: a module has one bug of each kind, and the kernel must report it
# and name the Swift function with the bug.
# apus: suite=debug timeout=600
. ./lib.sh

# Each bug is announced, so the host expects its report, and fails if it does not come or if there
# is any other report. The lock bugs come before the bugs that KASAN finds, because the first report
# of KASAN or of lockdep turns lockdep off.

# plant BUG FUNCTION REPORT: loads the module with the bug, and looks for the report and the
# function in the kernel's output.
plant() {
    local bug=$1 function=$2 report=$3 log line place
    expect "$report"
    echo "apus-bugs: planting $bug" > /dev/kmsg
    modprobe apus_bugs plant="$bug" || fail "$bug: the module with the bug loads" "status $?"
    # The report of a leak is in a file, not in the log.
    if [ "$bug" = leak ]; then
        echo scan > /sys/kernel/debug/kmemleak
        # kmemleak reports an object if it is five seconds old and two scans do not find it.
        sleep 6
        echo scan > /sys/kernel/debug/kmemleak
        # Before the module is unloaded, because afterwards the kernel cannot name its functions.
        log=$(cat /sys/kernel/debug/kmemleak)
        lost=$log
    else
        log=$(dmesg | sed "1,/apus-bugs: planting $bug\$/d")
    fi
    modprobe -r apus_bugs
    line=$(grep -m 1 -E "$report" <<< "$log")
    place=$(grep -m 1 -o "[^ ]*${function}[^ ]*" <<< "$log")
    if [ -n "$line" ] && [ -n "$place" ]; then
        pass "$bug: the kernel reports the bug and names its function" "${line#\[*\] } ($place)"
    else
        fail "$bug: the kernel reports the bug and names its function" \
            "the kernel says '${line:-nothing}', and names ${place:-no function of that name}"
        printf '%s\n' "$log" | head -n 60
    fi
}

same "lockdep is enabled" 1 "$(sed -n 's/^ *debug_locks: *//p' /proc/lockdep_stats)"
holds "the module loads without a bug" modprobe apus_bugs plant=none
modprobe -r apus_bugs
refuses "an unknown bug name is refused" modprobe apus_bugs plant=what

plant sleep-in-atomic plantSleepInAtomic 'BUG: sleeping function called from invalid context'
plant lock-inversion plantLockInversion 'possible circular locking dependency detected'
plant leak plantLeak 'unreferenced object|new suspected memory leaks'
# A stale stack slot may still contain the address of an object.
between "kmemleak finds some of the eight leaked objects" 1 8 \
    "$(awk '/^unreferenced object/ { count++ } END { print count + 0 }' <<< "$lost")"
same "kmemleak finds no other leak" 0 \
    "$(awk 'function count() { if (object && !ours) others++ } /^unreferenced object/ { count(); object = 1; ours = 0 } /plantLeak|apus_bugs/ { ours = 1 } END { count(); print others + 0 }' <<< "$lost")"
# The final scan must not report these leaks again.
echo clear > /sys/kernel/debug/kmemleak
plant use-after-free plantUseAfterFree 'BUG: KASAN: slab-use-after-free in .*plantUseAfterFree'
plant page-use-after-free plantPageUseAfterFree \
    'BUG: KASAN: use-after-free in .*plantPageUseAfterFree'
plant out-of-bounds plantOutOfBounds 'BUG: KASAN: slab-out-of-bounds in .*plantOutOfBounds'
plant copy-out-of-bounds plantCopyOutOfBounds \
    'BUG: KASAN: slab-out-of-bounds in .*plantCopyOutOfBounds'
plant stack-out-of-bounds plantStackOutOfBounds \
    'BUG: KASAN: stack-out-of-bounds in .*plantStackOutOfBounds'
plant double-free plantDoubleFree 'BUG: KASAN: double-free in .*plantDoubleFree'
