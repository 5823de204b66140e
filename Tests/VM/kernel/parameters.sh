#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus: memory=512 cpus=1
# Parameters whose range is only known at run time, and messages about values that are longer than a
# line of the log.
. ./lib.sh

# load_refused PROMISE TEXT ARGUMENT…: the module must not load, and the log must have the reason.
load_refused() {
    local promise=$1 text=$2 seen
    shift 2
    if modprobe apus_selftest "$@" 2> /dev/null; then
        fail "$promise" "it loaded"
        rmmod apus_selftest
    else
        seen=$(dmesg | grep 'apus_selftest: parameter' | tail -n 1)
        contains "$promise" "$text" "$seen"
    fi
}

load_refused "a range that is empty at run time refuses the module" \
    "parameter between: its initial value 3 is out of range 8..7" least=8
load_refused "an initial value outside the range refuses the module" \
    "parameter between: its initial value 3 is out of range 5..7" least=5
load_refused "a value in an empty range is refused" "parameter between: '7' is out of range 8..7" \
    least=8 between=7
long=$(printf '%0300d' 7)
load_refused "a long value leaves room for what is wrong with it" \
    "parameter number: '$(printf '%064d' 0)'... is out of range -5..5" "number=$long"
load_refused "so does one that is no number" \
    "parameter number: '$(printf '%064d' 0)'... is not a number" "number=${long}x"
load_refused "so does one that is neither yes nor no" \
    "parameter boolean: 'x$(printf '%063d' 0)'... is neither yes (y, 1, on) nor no (n, 0, off)" \
    "boolean=x$long"
# Fault injection that is configured with a parameter. Kernels without fault injection accept any
# text, and nothing fails.
group=a-group-with-a-name-that-takes-memory
modprobe apus_selftest fault=1,100,0,4
cd /sys/kernel/config/apus_selftest || exit 1
mkdir one
if [ -d one/$group ]; then
    echo 0 > one/$group/verbose
    same "a text describes how often to fail" "1 100 0 4" \
        "$(cd one/$group && cat interval probability space times | xargs)"
    same "and so it does" 4 "$(cat one/failures)"
else
    same "without fault injection nothing fails" 0 "$(cat one/failures)"
fi
rmdir one
cd /root || exit 1
rmmod apus_selftest
modprobe apus_selftest fault=often
if [ -e /sys/kernel/debug/fail_page_alloc ] || [ -e /proc/lockdep_stats ]; then
    fails_with "another text is refused" "Invalid argument" mkdir \
        /sys/kernel/config/apus_selftest/one
else
    holds "a text that nobody reads is accepted" mkdir /sys/kernel/config/apus_selftest/one
    rmdir /sys/kernel/config/apus_selftest/one
fi
rmmod apus_selftest

holds "a range is kept at run time" modprobe apus_selftest least=5 between=6
refuses "also when the parameter is written" sh \
    -c "echo 4 > /sys/module/apus_selftest/parameters/between"
same "a refused value changes nothing" 6 "$(cat /sys/module/apus_selftest/parameters/between)"
rmmod apus_selftest
