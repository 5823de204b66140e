#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus: suite=debug timeout=600
# A plain spin lock that both a task and a timer's handler take. lockdep reports only one bug per
# boot, so each bug has its own script.
. ./lib.sh

report='inconsistent lock state'
expect "$report"
same "lockdep is enabled" 1 "$(sed -n 's/^ *debug_locks: *//p' /proc/lockdep_stats)"
modprobe apus_bugs plant=task-lock-in-interrupt || fail "the module with the bug loads" "status $?"
log=$(dmesg | grep -v apus-expect)
contains "lockdep reports task-lock-in-interrupt" "$report" "$log"
contains "the report names the function that takes the lock in a task" \
    "plantTaskLockInInterrupt" "$log"
contains "the report names the function that takes the lock in an interrupt" "takeTaskLock" "$log"
rmmod apus_bugs
