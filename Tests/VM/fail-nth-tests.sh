#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Memory runs out at every place in turn in the library's own tests.
# apus: suite=debug memory=1024 cpus=2 timeout=900 files=lib/nth-lib.sh
. ./lib.sh
# shellcheck source=lib/nth-lib.sh
. ./nth-lib.sh

# vmalloc reports its own want of memory, as for anybody.
expect "vmalloc error: size [0-9]+, .*, mode"
expect "Call Trace:"
# The library's own tests, each subject with every allocation failing in turn: they find no memory, or they hold. EIO would be a promise
# that broke. (What they allocate in threads of their own does not fail.)
modprobe apus_selftest
again=/sys/module/apus_selftest/parameters/again
for subject in pages memory lists trees completions threads locks RCU timers work compression; do
    # (Lists and trees allocate thousands of times, in a few ways.)
    LAST=60 nth "the tests of $subject hold, or say that there is no memory" 1 "12|14" attribute $again $subject
done
fails_with "what is no subject has no tests" "Invalid argument" bash -c "echo nothing > $again"
kept "nothing is lost by any of them"
rmmod apus_selftest
