#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Documentation/YourFirstTarget.md: its source builds as printed and passes the gates, and its
# commands have the documented results in a virtual machine. KERNEL selects the kernel (6.12).
set -u
cd "$(dirname "$0")/../.." || exit 2
kernel=${KERNEL:-6.12}
tutorial=Documentation/YourFirstTarget.md
work=$(mktemp -d)
trap 'rm -rf "$work" "build/$kernel"/my_linear.* "build/$kernel/.my_linear."* "build/$kernel/swift/my_linear."*' EXIT
failed=0
# said PROMISE STATUS: reports the result of a step. Prints the log if the step failed.
said() {
    if [ "$2" = 0 ]; then
        echo "ok - $1"
    else
        failed=1
        echo "not ok - $1"
        tail -n 20 "$work/log" | sed 's/^/# /'
    fi
}
# blocks LANGUAGE: the code blocks of the tutorial in that language.
blocks() {
    awk -v fence="\`\`\`$1" '$0 == fence { inside = 1; next } /^```/ { inside = 0 } inside' \
        $tutorial
}

mkdir "$work/my_linear"
blocks swift > "$work/my_linear/Linear.swift"
status=0
make modules KERNEL="$kernel" DRIVERS="$work/my_linear" > "$work/log" 2>&1 || status=$?
said "the tutorial's target builds as it is printed: $(wc -l < "$work/my_linear/Linear.swift") lines" $status
status=0
kbuild/gate --kdir "${APUS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/apus}/kernels/$kernel/headers" \
    --release "$(kbuild/release "${APUS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/apus}/kernels/$kernel/headers")" "build/$kernel/my_linear.ko" > "$work/log" 2>&1 || status=$?
said "the tutorial's module passes the gates" $status
{ echo 'set -e'; blocks sh; } > "$work/script.sh"
status=0
.build/debug/apus vm --kernel "$kernel" --script "$work/script.sh" --modules "build/$kernel" \
    > "$work/log" 2>&1 || status=$?
said "all commands of the tutorial succeed in a virtual machine" $status
grep -q '^hello' "$work/log"
said "the tutorial's file has its content after the suspension of the device" $?
grep -q 'my-linear: Invalid device sector (-EINVAL)' "$work/log"
said "the tutorial's wrong table is refused with the printed message" $?
exit $failed
