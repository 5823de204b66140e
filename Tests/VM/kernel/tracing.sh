#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus: memory=512
# Swift functions can be traced like C functions, with the function tracer and with a kprobe.
# Therefore the library has no tracepoints.
. ./lib.sh

modprobe apus_selftest
trace=/sys/kernel/tracing
mountpoint -q $trace || mount -t tracefs none $trace
if [ ! -e $trace/set_ftrace_filter ]; then
    skip "Swift functions can be traced" "this kernel has no function tracer"
    exit 0
fi
cd /sys/kernel/config/apus_selftest || exit 1
mkdir one
functions=$(grep -c '\[apus_selftest\]' $trace/available_filter_functions)
between "the function tracer lists the Swift functions of apus_selftest" 100 10000 "$functions"
echo '*:mod:apus_selftest' > $trace/set_ftrace_filter
echo function > $trace/current_tracer
cat one/long > /dev/null
seen=$(grep -c 'ConfiguredThing.* <-' $trace/trace)
echo nop > $trace/current_tracer
between "a call of a Swift function is in the trace, with its name" 1 100000 "$seen"
: > $trace/set_ftrace_filter

# put_probe SYMBOL: sets a kprobe on a function of the module.
put_probe() { printf 'p:apus_probe apus_selftest:%s\n' "$1" > $trace/kprobe_events; }
symbol=$(awk '/\[apus_selftest\]/ { print $1; exit }' $trace/available_filter_functions)
if [ -e $trace/kprobe_events ]; then
    holds "a kprobe can be set on a Swift function" put_probe "$symbol"
else
    skip "a kprobe can be set on a Swift function" "this kernel has no probes"
fi
: > $trace/kprobe_events 2> /dev/null
rmdir one
cd /root || exit 1
rmmod apus_selftest
