#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Compares the code that the macros generate with recorded code. The real plugin expands
# Macros/NAME.swift, and
#   NAME.expansion   is the code that the compiler then sees (without the words of the records),
#   NAME.records     is the C text that those words encode, as Kbuild extracts it from the object,
#   NAME.strings     is what a C compiler reads from the literals of that text.
# Macros/hostile/TakenOver.swift is a driver that redefines names which the generated code uses. The
# generated code must not call these definitions.
# RECORD=1 writes the three files. KERNEL selects the kernel (6.12), whose modules must have been
# built.
set -u
export LC_ALL=C

here=$(dirname "$(readlink -f "$0")")
root=$(readlink -f "$here/../..")
build=$root/build/${KERNEL:-6.12}
work=$build/macros
if [ ! -f "$build/swift/BlockMQ.swiftmodule" ]; then
    echo "there are no modules in $build: make modules KERNEL=${KERNEL:-6.12}" >&2
    exit 2
fi
rm -rf "$work"
mkdir -p "$work"

passed=0 failed=0
# same PROMISE MADE GOLDEN
same() {
    if [ -n "${RECORD:-}" ]; then cp "$2" "$3"; fi
    if diff -u "$3" "$2" > "$work/difference" 2>&1; then
        passed=$((passed + 1))
        echo "ok - $1"
    else
        failed=$((failed + 1))
        echo "not ok - $1"
        sed 's/^/#   /' "$work/difference"
    fi
}

for source in "$here"/Macros/*.swift; do
    name=$(basename "$source" .swift)
    golden=$here/Macros/$name
    # The name of a private static contains a hash of its file's name. The words of the records are
    # left out, because NAME.records has them.
    "${SWIFTC:-swiftc}" "@$build/swift/flags" -module-name Case -typecheck -Xfrontend \
        -dump-macro-expansions "$source" 2>&1 |
        sed -E 's/^(.*__modinfo:).*/\1 …/; s/[[:space:]]+$//' > "$work/$name.expansion"
    same "the macros of $name expand to the recorded code" \
        "$work/$name.expansion" "$golden.expansion"

    "${SWIFTC:-swiftc}" "@$build/swift/flags" -module-name Case -c "$source" -o "$work/$name.o" \
        2> "$work/$name.log" || cat "$work/$name.log"
    objcopy -O binary --only-section=.init.apus --set-section-flags .init.apus=alloc \
        "$work/$name.o" "$work/$name.bytes" 2> /dev/null
    [ -s "$work/$name.bytes" ] || continue
    # The text is padded with newlines to a multiple of the word size.
    sed -e '/^$/d' "$work/$name.bytes" > "$work/$name.records"
    same "the records of $name are the recorded C text" "$work/$name.records" "$golden.records"

    cat > "$work/$name.c" << 'END'
#include <stdio.h>
#define SHOW(what, text) printf("%s: %s\n", what, text);
/* A kernel that has everything. */
#define APUS_IS_AT_LEAST(major, minor) 1
#define IS_ENABLED(option) 1
#define APUS_INT(index, name, help) SHOW(#name, help)
#define APUS_UINT(index, name, help) SHOW(#name, help)
#define APUS_ULONG(index, name, help) SHOW(#name, help)
#define MODULE_AUTHOR(text) SHOW("author", text)
#define MODULE_DESCRIPTION(text) SHOW("description", text)
#define MODULE_VERSION(text) SHOW("version", text)
#define MODULE_LICENSE(text) SHOW("licence", text)
#define MODULE_ALIAS(text) SHOW("alias", text)
#define APUS_INTEGER(index, name, help) SHOW(#index " " #name, help)
#define APUS_BOOLEAN(index, name, help) SHOW(#index " " #name, help)
#define APUS_STRING(index, name, help) SHOW(#index " " #name, help)
#define APUS_COMMAND(index, name, help) SHOW(#index " " #name, help)
#define APUS_REPORT(index, name, help) SHOW(#index " " #name, help)
#define APUS_INTEGER_WRITABLE(index, name, help) SHOW(#index " " #name, help)
#define APUS_BOOLEAN_WRITABLE(index, name, help) SHOW(#index " " #name, help)
int main(void) {
#include RECORDS
return 0; }
END
    cc -std=gnu11 -Wall -Wextra -Werror "-DRECORDS=\"$work/$name.bytes\"" "$work/$name.c" \
        -o "$work/$name.program" 2> "$work/$name.log" || cat "$work/$name.log"
    "$work/$name.program" > "$work/$name.strings"
    same "a C compiler reads the driver's texts from the records of $name" \
        "$work/$name.strings" "$golden.strings"
done

# A driver that redefines names which the generated code uses. It compiles, and its definitions are
# not called. With CONTROL they are.
hostile() {
    "${SWIFTC:-swiftc}" "@$build/swift/flags" -module-name Case "$@" \
        -emit-ir "$here/Macros/hostile/TakenOver.swift" -o "$work/hostile.ll" \
        > "$work/hostile.log" 2>&1 ||
        { sed 's/^/#   /' "$work/hostile.log"; return 2; }
    ! grep -q 'taken over' "$work/hostile.ll"
}
if hostile; then
    passed=$((passed + 1))
    echo "ok - generated code does not call a driver's definitions of the same names"
else
    failed=$((failed + 1))
    echo "not ok - generated code does not call a driver's definitions of the same names"
fi
hostile -D CONTROL
if [ $? = 1 ]; then
    passed=$((passed + 1))
    echo "ok - a call of a driver's definition of such a name is detected"
else
    failed=$((failed + 1))
    echo "not ok - a call of a driver's definition of such a name is detected"
fi

# Code that the macros generate beside the driver's code cannot be used without `unsafe`: exactly
# the marked lines are errors.
"${SWIFTC:-swiftc}" "@$build/swift/flags" -module-name Case -diagnostic-style llvm \
    -typecheck "$here/Macros/hostile/Storage.swift" 2>&1 |
    sed -nE "s/^.*Storage\.swift:([0-9]+):.*error: .*uses unsafe constructs but is not marked with 'unsafe'.*/\1/p" | sort -nu > "$work/storage.said"
grep -n '// UNSAFE$' "$here/Macros/hostile/Storage.swift" | cut -d : -f 1 > "$work/storage.marked"
if [ -s "$work/storage.marked" ] &&
    diff "$work/storage.marked" "$work/storage.said" > "$work/difference"; then
    passed=$((passed + 1))
    echo "ok - a use of generated declarations without unsafe does not compile"
else
    failed=$((failed + 1))
    echo "not ok - a use of generated declarations without unsafe does not compile"
    sed 's/^/#   /' "$work/difference"
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
