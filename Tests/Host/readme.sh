#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The README's driver is complete: it builds as printed, passes the gates, and its module has the
# right name.
set -u
cd "$(dirname "$0")/../.." || exit 2
kernel=${KERNEL:-6.12}
work=$(mktemp -d)
trap 'rm -rf "$work" "build/$kernel"/readme_zero.* "build/$kernel/.readme_zero."* "build/$kernel/swift/readme_zero."*' EXIT
mkdir "$work/readme_zero"
awk '/^```swift/ { inside = 1; next } /^```/ { inside = 0 } inside' README.md \
    > "$work/readme_zero/Zero.swift"
lines=$(wc -l < "$work/readme_zero/Zero.swift")
if make modules KERNEL="$kernel" DRIVERS="$work/readme_zero" > "$work/log" 2>&1; then
    echo "ok - the README's driver builds as it is printed: $lines lines"
else
    echo "not ok - the README's driver builds as it is printed"
    tail -n 20 "$work/log" | sed 's/^/# /'
fi
description=$(modinfo -F description "build/$kernel/readme_zero.ko" 2>&1)
if [ "$description" = "A block device that is all zeroes" ]; then
    echo "ok - the module of the README's driver has its description: $description"
else
    echo "not ok - the module of the README's driver has its description: $description"
fi
