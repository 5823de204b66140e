#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus: memory=512
# differs: the C functions behind the library's types
# The in-kernel tests of the library modules. Loading apus_selftest runs them, and the kernel's log
# has their KTAP output.

modprobe apus_selftest || { echo "not ok - apus_selftest loads: $?"; exit 1; }
dmesg | sed -n 's/^\[[^]]*\] apus_selftest: //p' > ktap
grep -v '^1\.\.' ktap
# This check detects a test at the end that did not run.
plan=$(sed -n 's/^1\.\.//p' ktap)
run=$(grep -cE '^(not )?ok ' ktap)
[ -n "$plan" ] && [ "$plan" = "$run" ] ||
    echo "not ok - every planned test ran: $run of ${plan:-none}"
rmmod apus_selftest || echo "not ok - apus_selftest unloads: $?"
