# SPDX-License-Identifier: GPL-2.0-only
# Edits LLVM's intermediate code between swiftc and clang; kbuild/flags.mk says why. Reads the file twice.
# -v attributes='…' are string attributes for every function.
#
# - A thrown error travels through memory, not through a register that C preserves: no `swifterror`.
# - Functions get the kernel's string attributes, and need no frame pointer: objtool makes ORC data.
# - Names of functions and variables get a "_" in front: of those that begin with "$", as Swift's do, the kernel holds that
#   they are an assembler's marks (is_mapping_symbol), and leaves them out of stack traces and of what ftrace knows.
# - A place that the compiler holds for unreachable is a trap, never the start of the next function, unless a call
#   that does not return, or assembly (the kernel's own BUG()), stands before it.

# The group of attributes at the end of a line: "… #12" or "… #12, !dbg !34".
function group(line) { return match(line, /#[0-9]+( \{)?(, ![^@]*)?$/) ? line_number(substr(line, RSTART + 1)) : -1 }
function line_number(text) { return text + 0 }
function callee(line) { return match(line, /@[A-Za-z0-9_$.]+\(/) ? substr(line, RSTART, RLENGTH - 1) : "" }

NR == FNR {
    if (/^attributes #[0-9]+ = \{.*noreturn/) { split($2, part, "#"); noreturn[part[2] + 0] = 1 }
    if (/^(declare|define) /) { of[callee($0)] = group($0) }
    next
}
{
    gsub(/ swifterror /, " ")
    gsub(/@"\$/, "@\"_$")
    gsub(/@\$/, "@_$")
    sub(/"frame-pointer"="all"/, attributes)
}
/^  unreachable/ && last !~ /llvm\.trap|asm sideeffect/ && !(group(last) in noreturn) && !(of[callee(last)] in noreturn) {
    location = match($0, /, !dbg ![0-9]+/) ? substr($0, RSTART, RLENGTH) : ""
    print "  call void @apus_trap()" location
    needed = 1
}
{ print }
/^  [^#]/ { last = $0 }
END { if (needed && !("@apus_trap" in of)) print "declare void @apus_trap() cold noreturn" }
