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

load_refused "the module does not load with a range that is empty at run time" \
    "parameter between: its initial value 3 is out of range 8..7" least=8
load_refused "the module does not load with an initial value outside the range" \
    "parameter between: its initial value 3 is out of range 5..7" least=5
load_refused "the module does not load with a value for a parameter whose range is empty" \
    "parameter between: '7' is out of range 8..7" least=8 between=7
long=$(printf '%0300d' 7)
load_refused "the message about a long value out of range quotes 64 bytes and gives the reason" \
    "parameter number: '$(printf '%064d' 0)'... is out of range -5..5" "number=$long"
load_refused "the message about a long value that is not a number quotes 64 bytes" \
    "parameter number: '$(printf '%064d' 0)'... is not a number" "number=${long}x"
load_refused "the message about a long value that is not a Boolean quotes 64 bytes" \
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
    same "the parameter sets the fault attributes of the item" "1 100 0 4" \
        "$(cd one/$group && cat interval probability space times | xargs)"
    same "the parameter 1,100,0,4 injects four faults" 4 "$(cat one/failures)"
else
    same "on a kernel without fault injection, no fault is injected" 0 "$(cat one/failures)"
fi
rmdir one
cd /root || exit 1
rmmod apus_selftest
modprobe apus_selftest fault=often
if [ -e /sys/kernel/debug/fail_page_alloc ] || [ -e /proc/lockdep_stats ]; then
    fails_with "a fault parameter that is not four numbers is refused with EINVAL" \
        "Invalid argument" mkdir /sys/kernel/config/apus_selftest/one
else
    holds "on a kernel without fault injection, any fault parameter is accepted" \
        mkdir /sys/kernel/config/apus_selftest/one
    rmdir /sys/kernel/config/apus_selftest/one
fi
rmmod apus_selftest

holds "the module loads with a value in the range of run time" \
    modprobe apus_selftest least=5 between=6
refuses "a write below the range of run time is refused" sh \
    -c "echo 4 > /sys/module/apus_selftest/parameters/between"
same "after the refused write, the parameter is unchanged" \
    6 "$(cat /sys/module/apus_selftest/parameters/between)"
rmmod apus_selftest
