#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus: suite=debug timeout=600
# Two mutexes that are made at two places, and taken in both orders. lockdep reports only one bug
# per boot, so each bug has its own script.
. ./lib.sh

report='possible circular locking dependency detected'
expect "$report"
same "lockdep is enabled" 1 "$(sed -n 's/^ *debug_locks: *//p' /proc/lockdep_stats)"
modprobe apus_bugs plant=mutex-inversion || fail "the module with the bug loads" "status $?"
log=$(dmesg | grep -v apus-expect)
contains "lockdep reports mutex-inversion" "$report" "$log"
contains "the report names the function that takes the mutexes" "plantMutexInversion" "$log"
contains "the report names the lock classes by the lines that make the mutexes" \
    "apus_bugs/LockBugs.swift:" "$log"
rmmod apus_bugs
