#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus: suite=debug timeout=600
# A flush of work under a lock that the work takes. lockdep reports only one bug per boot, so each
# bug has its own script.
. ./lib.sh

report='possible circular locking dependency detected'
expect "$report"
same "lockdep is enabled" 1 "$(sed -n 's/^ *debug_locks: *//p' /proc/lockdep_stats)"
modprobe apus_bugs plant=flush-under-lock || fail "the module with the bug loads" "status $?"
log=$(dmesg | grep -v apus-expect)
contains "lockdep reports flush-under-lock" "$report" "$log"
contains "the report names the function that flushes the work" "plantFlushUnderLock" "$log"
contains "the report names the lock classes by the lines that make them" \
    "apus_bugs/LockBugs.swift:" "$log"
rmmod apus_bugs
