# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the scripts of this folder (`. ./lib.sh`): reporting what was promised and what was seen.
#
# A script prints one line for each promise; the host counts them. A failure does not end the script.

# pass PROMISE SEEN: the promise held.
pass() { printf 'ok - %s: %s\n' "$1" "$2"; }

# fail PROMISE SEEN: it did not.
fail() { printf 'not ok - %s: %s\n' "$1" "$2"; }

# same PROMISE EXPECTED SEEN: holds when both are equal.
same() {
    if [ "$2" = "$3" ]; then pass "$1" "$3"; else fail "$1" "$3, and not $2"; fi
}

# holds PROMISE COMMAND…: holds when the command succeeds; its last line of output is what was seen.
holds() {
    local promise=$1 seen status=0
    shift
    seen=$("$@" 2>&1) || status=$?
    seen=${seen##*$'\n'}
    if [ "$status" = 0 ]; then pass "$promise" "${seen:-$*}"; else fail "$promise" "status $status: ${seen:-$*}"; fi
}

# refuses PROMISE COMMAND…: holds when the command fails; its last line of output is what was seen.
refuses() {
    local promise=$1 seen status=0
    shift
    seen=$("$@" 2>&1) || status=$?
    seen=${seen##*$'\n'}
    if [ "$status" != 0 ]; then pass "$promise" "status $status: ${seen:-$*}"; else fail "$promise" "it went through: ${seen:-$*}"; fi
}

# expect REGEX: announces lines of the kernel's log that the scan would call an offence. One has to come.
expect() { printf 'apus-expect: %s\n' "$1" > /dev/kmsg; }
