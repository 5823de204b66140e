# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the scripts of this folder (`. ./lib.sh`): functions that report each promise and the
# observed result.
#
# A script prints one line for each promise. The host counts them. A failure does not end the
# script.

# pass PROMISE SEEN: the promise held.
pass() { printf 'ok - %s: %s\n' "$1" "$2"; }

# fail PROMISE SEEN: the promise did not hold.
fail() { printf 'not ok - %s: %s\n' "$1" "$2"; }

# same PROMISE EXPECTED SEEN: holds if both texts are equal.
same() {
    if [ "$2" = "$3" ]; then pass "$1" "$3"; else fail "$1" "$3, and not $2"; fi
}

# holds PROMISE COMMAND…: holds if the command succeeds. The last line of its output is the observed
# result.
holds() {
    local promise=$1 seen status=0
    shift
    seen=$("$@" 2>&1) || status=$?
    seen=${seen##*$'\n'}
    if [ "$status" = 0 ]; then
        pass "$promise" "${seen:-$*}"
    else
        fail "$promise" "status $status: ${seen:-$*}"
    fi
}

# refuses PROMISE COMMAND…: holds if the command fails. The last line of its output is the observed
# result.
refuses() {
    local promise=$1 seen status=0
    shift
    seen=$("$@" 2>&1) || status=$?
    seen=${seen##*$'\n'}
    if [ "$status" != 0 ]; then
        pass "$promise" "status $status: ${seen:-$*}"
    else
        fail "$promise" "it went through: ${seen:-$*}"
    fi
}

# expect REGEX: announces lines of the kernel's log that the scan would report as an offence. At
# least one such line must come.
expect() { printf 'apus-expect: %s\n' "$1" > /dev/kmsg; }

# contains PROMISE TEXT SEEN: holds if SEEN contains the text.
contains() {
    case $3 in
    *"$2"*) pass "$1" "$(line_with "$2" "$3")" ;;
    *) fail "$1" "'$(last_line "$3")' does not say '$2'" ;;
    esac
}

# between PROMISE LEAST MOST SEEN [UNIT]: holds if the number SEEN is neither less than LEAST nor
# greater than MOST.
between() {
    if [ "$4" -ge "$2" ] && [ "$4" -le "$3" ]; then
        pass "$1" "$4${5:+ $5}"
    else
        fail "$1" "$4${5:+ $5}, and not $2 to $3"
    fi
}

# fails_with PROMISE TEXT COMMAND…: holds if the command fails and prints the text, such as the
# message of an errno.
fails_with() {
    local promise=$1 text=$2 seen status=0
    shift 2
    seen=$("$@" 2>&1) || status=$?
    if [ "$status" = 0 ]; then
        fail "$promise" "it went through: $*"
    else
        contains "$promise" "$text" "$seen"
    fi
}

# skip PROMISE REASON: the promise could not be tested.
skip() { printf 'ok - %s # SKIP %s\n' "$1" "$2"; }

# line_with TEXT SEEN: the first line of SEEN that contains the text. last_line TEXT: the last line
# that is not empty. Both run in the shell itself, because starting processes is slow in an emulated
# machine.
line_with() {
    local line
    while IFS= read -r line; do
        case $line in *"$1"*) printf '%s\n' "$line" && return ;; esac
    done <<< "$2"
}
last_line() {
    local line last=
    while IFS= read -r line; do case $line in *[![:space:]]*) last=$line ;; esac done <<< "$1"
    printf '%s\n' "$last"
}

# soon COMMAND…: repeats the command until it succeeds, for at most 20 seconds, or a minute on the
# debug kernel.
soon() {
    local end=$((SECONDS + 20))
    if [ -e /proc/lockdep_stats ]; then end=$((SECONDS + 60)); fi
    until "$@" > /dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

# Results of the functions below, for their callers.
status=0 fio_status=0 fio_error=0 fio_errors=0 fio_read=0 fio_written=0

# ends_within SECONDS PID: whether the process ended in time. Its status is then in $status.
ends_within() {
    local end=$((SECONDS + $1))
    while kill -0 "$2" 2> /dev/null; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
    status=0
    wait "$2" 2> /dev/null || status=$?
}

# mark_log, new_log: the kernel's log from the mark on, without times. (The harness reads the
# console, so clearing the log loses nothing there.)
mark_log() { dmesg -C; }
new_log() { dmesg -t; }

# parameter NAME: the value of a parameter of apus_null. set_parameter NAME TEXT writes it.
parameter() { cat "/sys/module/apus_null/parameters/$1"; }
set_parameter() { printf '%s\n' "$2" > "/sys/module/apus_null/parameters/$1"; }

# pages N: how many pages the device apusnullN has.
pages() {
    awk -v name="apusnull$1" '$1 == name { sub(/pages=/, "", $3); print $3 }' \
        /sys/module/apus_null/parameters/devices
}

# reload ARGUMENT…: unloads apus_null and loads it with parameters.
reload() {
    if [ -e /sys/module/apus_null ]; then rmmod apus_null; fi
    modprobe apus_null "$@"
}

# leftovers MODULE DISKS: what remains of a module whose disks' names begin with DISKS, or
# "nothing".
leftovers() {
    local name left=
    while read -r name _; do
        if [ "$name" = "$1" ]; then left="$left lsmod"; fi
    done < /proc/modules
    if [ -e "/sys/module/$1" ]; then left="$left /sys/module/$1"; fi
    for name in /sys/block/"$2"* /dev/"$2"*; do if [ -e "$name" ]; then left="$left $name"; fi; done
    printf '%s' "${left:-nothing}"
}

# unloads MODULE DISKS: the module can be unloaded now, and nothing of it remains.
unloads() {
    local seen
    seen=$(rmmod "$1" 2>&1)
    same "$1 unloads and leaves nothing behind" nothing "${seen:-$(leftovers "$1" "$2")}"
}

# entries DIRECTORY: the number of entries.
entries() { find "$1" -mindepth 1 -maxdepth 1 | wc -l; }

drop_caches() { sync; echo 3 > /proc/sys/vm/drop_caches; }

# digest: the MD5 sum of its input.
digest() {
    md5sum | {
        read -r sum _
        printf '%s\n' "$sum"
    }
}

# meminfo NAME: a value of /proc/meminfo, in KiB.
meminfo() { awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo; }

# exact_memory: makes MemFree exact. Otherwise the per-CPU lists keep megabytes of free pages.
exact_memory() { echo 100000 > /proc/sys/vm/percpu_pagelist_high_fraction; }

# run_fio NAME OPTION…: runs one fio job (or several equal ones) and reads its report into
# $fio_status, $fio_error (the number of the first error), $fio_errors, $fio_read and $fio_written
# (in bytes).
run_fio() {
    local name=$1
    shift
    fio_status=0
    fio --name="$name" --group_reporting --output-format=json --output=/tmp/fio.json "$@" \
        > /tmp/fio.text 2>&1 || fio_status=$?
    read -r fio_error fio_errors fio_read fio_written < <(awk '
        /"(read|write|trim|sync)" : \{/ { part = $1; gsub(/"/, "", part) }
        /"io_bytes" :/ { bytes[part] = $3 + 0 }
        /"error" :/ { error = $3 + 0 }
        /"total_err" :/ { errors = $3 + 0 }
        END { printf "%d %d %d %d\n", error, errors, bytes["read"], bytes["write"] }' /tmp/fio.json)
}
