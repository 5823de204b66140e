#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus: suite=debug timeout=600 memory=1024 files=Tests/Modules/apus_selftest/LockTests.swift,Tests/Modules/apus_selftest/WorkTests.swift
# Each lock that Apus makes has the class of the line that makes it. No class belongs to a line of
# the library, which all modules would share.
. ./lib.sh

modprobe apus_selftest
# classes PATTERN: how many of lockdep's classes have a name that matches.
classes() { grep -cE "$1" /proc/lockdep; }
same "lockdep is enabled" 1 "$(sed -n 's/^ *debug_locks: *//p' /proc/lockdep_stats)"
between "lockdep has lock classes named after lines of apus_selftest" 20 1000 \
    "$(classes 'apus_selftest/[A-Za-z]+\.swift:')"
# named PROMISE FILE LINES: each of the lines that has run has made a lock with a class of its own.
# At least one line has run.
named() {
    local line count=0
    for line in $3; do count=$((count + $(classes "apus_selftest/$2:$line:"))); done
    between "$1" 1 1000 "$count"
}
lines() {
    awk -v file="$1" -v what="$2" 'FILENAME ~ file && index($0, what) { print FNR }' ./*.swift |
        tr '\n' ' '
}
named "mutexes have the lock classes of the lines that make them" \
    LockTests.swift "$(lines LockTests 'try Mutex(')"
named "RWSemaphores have the lock classes of the lines that make them" \
    LockTests.swift "$(lines LockTests 'try RWSemaphore(')"
named "per-CPU counters have the lock classes of the lines that make them" \
    LockTests.swift "$(lines LockTests 'try PerCPUCounter(')"
named "completions have the lock classes of the lines that make them" \
    WorkTests.swift "$(lines WorkTests 'try Completion(')"
named "wait queues have the lock classes of the lines that make them" \
    WorkTests.swift "$(lines WorkTests 'try WaitQueue(')"
named "work items have the lock classes of the lines that make them" \
    WorkTests.swift "$(lines WorkTests 'try WorkItem(')"
same "no lock has the lock class of a helper of the library" 0 \
    "$(classes '&lock->lock$|&counter->lock$|&completion->wait|&x->wait$ apus|\(work_completion\)&\(&work->work\)|&array->xa_lock')"
rmmod apus_selftest
same "rmmod removes the lock classes of the module" 0 "$(classes 'apus_selftest/')"
