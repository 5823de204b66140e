# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Functions of the tests of commands. A test sets `work`, a directory of its own, and sources this
# file. The output of the command that was run last is in $work/log.

: > "${work:?}/log"

# check PROMISE COMMAND…: holds if the command succeeds. If not, the last command's output is shown.
check() {
    local promise=$1
    shift
    if "$@" > "$work/out" 2>&1; then
        echo "ok - $promise"
    else
        echo "not ok - $promise"
        cat "$work/log" "$work/out"
    fi
}
# run PROMISE COMMAND…: holds if the command succeeds.
run() {
    local promise=$1
    shift
    if "$@" > "$work/log" 2>&1; then
        echo "ok - $promise"
    else
        echo "not ok - $promise"
        cat "$work/log"
    fi
}
# refused PROMISE COMMAND…: holds if the command fails.
refused() {
    local promise=$1
    shift
    if "$@" > "$work/log" 2>&1; then
        echo "not ok - $promise: it ended well"
        cat "$work/log"
    else
        echo "ok - $promise"
    fi
}
