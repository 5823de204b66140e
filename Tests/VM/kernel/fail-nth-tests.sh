#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Each memory allocation in turn fails in the library's own tests.
# apus: suite=debug memory=1024 cpus=2 timeout=900 files=nth-lib.sh
. ./lib.sh
# shellcheck source=nth-lib.sh
. ./nth-lib.sh

# vmalloc reports its own failures, for any caller.
expect "vmalloc error: size [0-9]+, .*, mode"
expect "Call Trace:"
# The library's own tests, one subject at a time, with each allocation failing in turn. They must
# pass, or report a lack of memory. EIO means that a promise did not hold. Allocations in threads
# that the tests create do not fail.
modprobe apus_selftest
again=/sys/module/apus_selftest/parameters/again
for subject in pages memory lists trees completions threads locks RCU timers work compression; do
    # The tests of lists and trees allocate thousands of times, but from few places.
    LAST=60 nth "if an allocation fails, tests of $subject pass, or fail with ENOMEM or EFAULT" \
        1 "12|14" attribute $again $subject
done
fails_with "a subject without tests is refused with EINVAL" \
    "Invalid argument" bash -c "echo nothing > $again"
kept "after the failed allocations, kmemleak finds no leak"
rmmod apus_selftest
