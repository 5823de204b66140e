#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `make decode` on the log of a kernel that a module stopped with a planted bug: a work item that
# ends itself (Tests/Modules/apus_faults).
set -u
cd "$(dirname "$0")/../.." || exit 2
kernel=${KERNEL:-6.12}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
console=$work/console
cat > "$work/script" << 'SCRIPT'
modprobe apus_faults
echo work > /sys/module/apus_faults/parameters/own_end
until dmesg | grep -q 'end trace'; do sleep 0.1; done
SCRIPT
# shellcheck source=Tests/Host/lib.sh
. Tests/Host/lib.sh
.build/debug/apus vm --kernel "$kernel" --memory 512 --survive-oops --script "$work/script" \
    --console "$console" > "$work/out" 2>&1
check "the planted bug stops the kernel with a BUG" grep -q 'kernel BUG at .*core.h' "$console"
make decode LOG="$console" > "$work/log" 2>&1
check "make decode prints the log" grep -q 'kernel BUG at' "$work/log"
check "make decode prints the name of a Swift function" \
    grep -q 'RIP: 0010:refuseSelfEnd(_:)+0x' "$work/log"
# at FILE FUNCTION TEXT: the line of FILE that is given for FUNCTION contains TEXT.
at() {
    local line
    line=$(sed -n "s#^        $1:\([0-9]*\) in .*$2.*#\1#p" "$work/log" | head -n 1)
    if [ -n "$line" ] && sed -n "${line}p" "$1" | grep -qF "$3"; then
        echo "ok - make decode gives the source line of $2: $3"
    else
        echo "not ok - make decode gives the source line of $2: '${line:-none}' of $1 is not '$3'"
        cat "$work/log"
    fi
}
at Sources/Kernel/Module/Trap.swift 'refuseSelfEnd(_:)' 'apus_bug'
at Tests/Modules/apus_faults/OwnEnd.swift 'OwnWorkEnder.run(_:)' '_ = consume own'
at Sources/Kernel/TimeAndWork/WorkItem.swift 'WorkItem.*deinit' 'refuseSelfEnd'
check "make decode leaves the kernel's own functions unchanged" \
    grep -q ' process_one_work+0x' "$work/log"
sed 's#/0x[0-9a-f]* \[apus_faults\]#/0x1 [apus_faults]#' "$console" > "$work/other"
check "apus decode reports a module of another build" sh \
    -c ".build/debug/apus decode '$work/other' | grep -q 'apus_faults.ko is of another build than the log'"
sed 's/6\.[0-9]*\.[0-9]*[-+][a-z0-9-]*/6.0.0/g' "$console" > "$work/other"
check "apus decode reports a module that is not built for the log's kernel" sh \
    -c ".build/debug/apus decode '$work/other' | grep -q 'no apus_faults.ko of this kernel in build/'"
check "apus decode fails if the log does not exist" sh \
    -c "! .build/debug/apus decode '$work/none' 2> '$work/err' && grep -q 'cannot read the log' '$work/err'"
