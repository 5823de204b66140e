# SPDX-License-Identifier: GPL-2.0-only
# Edits LLVM's intermediate code between swiftc and clang; kbuild/flags.mk has the reasons. The file
# is read twice.
# -v attributes='…' gives string attributes for every function.
#
# - A thrown error is passed in memory, not in a register that C preserves: `swifterror` is removed.
# - Functions get the kernel's string attributes. They require no frame pointer, because objtool
#   generates ORC data.
# - The names of Swift functions and variables, which begin with "$", get a "_" in front. The kernel
#   takes names that begin with "$" for an assembler's marks (is_mapping_symbol), and omits them
#   from stack traces and from ftrace.
# - A function that LLVM made of two equal ones has no name. It gets one, because objtool needs the
#   symbol of each function that is called.
# - A C function that only calls a Swift function with its own arguments becomes an alias of that
#   function, so that an operation of the kernel is one call instead of two. Both calling
#   conventions pass up to six numbers or addresses, and the result, in the same registers.
# - A place that the compiler considers unreachable becomes a trap, so that execution cannot
#   continue into the next function. It stays as it is after a call that does not return, and after
#   assembly (the kernel's own BUG()).

# The number of the attribute group at the end of a line: "… #12" or "… #12, !dbg !34".
function group(line) { return match(line, /#[0-9]+( \{)?(, ![^@]*)?$/) ? line_number(substr(line, RSTART + 1)) : -1 }
function line_number(text) { return text + 0 }
function callee(line) {
    if (!match(line, /@([A-Za-z0-9_$.]+|"[^"]*")\(/)) return ""
    line = substr(line, RSTART, RLENGTH - 1)
    sub(/^@"\$/, "@\"_$", line)
    return line
}

# Processes a line of a function that may become an alias. The lines are held back until the
# function's end. Returns whether the function may still become an alias.
function holds(line,  part, i) {
    # Arguments with these attributes are not in the register of their position, or are the memory
    # that it points to.
    if (line ~ / (byval|byref|sret|inalloca|preallocated|inreg|nest|swiftself|swiftasync)[( ]/) return 0
    gsub(/[a-z]+\([^()]*\) /, "", line)
    if (step == 0) {
        # The definition: the types and numbers of the parameters, without their attributes.
        sub(/^.*@"[^"]*"\(/, "", line)
        sub(/\).*/, "", line)
        parameters = split(line, part, /, /)
        for (i = 1; i <= parameters; i++) {
            if (part[i] !~ /^(ptr|i1|i8|i32|i64) .*%[0-9]+$/) return 0
            types = types (i > 1 ? ", " : "") substr(part[i], 1, index(part[i], " ") - 1)
            sub(/.* /, "", part[i])
            from[part[i]] = i
        }
        return ++step && parameters <= 6
    }
    if (line ~ /^entry:$/) return 1
    # An address that is converted to a number stays in the same register.
    if (step == 1 && line ~ /^  %[0-9]+ = ptrtoint ptr %[0-9]+ to i64/) return (from[$1] = from[$5]) > 0
    if (step == 1 && line ~ /tail call swiftcc/) {
        if (!index(line, swift "(") || line !~ "swiftcc (noundef |nonnull )*" (result ~ /^(i32|i64|ptr)$/ ? "(i32|i64|ptr)" : result)) return 0
        value = result == "void" ? "void" : $1
        sub(/^[^@]*@"[^"]*"\(/, "", line)
        sub(/\).*/, "", line)
        if (split(line, part, /, /) != parameters) return 0
        for (i = 1; i <= parameters; i++) {
            if (part[i] !~ /^(ptr|i1|i8|i32|i64) (%[0-9]+|poison|undef)$/) return 0
            sub(/.* /, "", part[i])
            if (part[i] ~ /^%/ && from[part[i]] != i) return 0
        }
        return ++step
    }
    if (step == 2 && line ~ /^  %[0-9]+ = inttoptr i64 %[0-9]+ to ptr/ && $5 == value) {
        value = $1
        return 1
    }
    if (step == 2 && $1 == "ret") {
        return (result == "void" ? $2 ~ /^void/ : $2 == result && $3 ~ "^" value ",?$") && ++step
    }
    return step == 3 && line ~ /^}/ && ++step
}

# Gives functions without a name one.
function named(line,  rest) {
    rest = line; line = ""
    while (match(rest, /@[0-9]+/)) {
        line = line substr(rest, 1, RSTART - 1) (substr(rest, RSTART + 1, RLENGTH - 1) in nameless ? "@_merged_" : "@") \
            substr(rest, RSTART + 1, RLENGTH - 1)
        rest = substr(rest, RSTART + RLENGTH)
    }
    return line rest
}
function quoted(line) { return match(line, /@"[^"]*"/) ? substr(line, RSTART, RLENGTH) : "" }
# The name as swiftc wrote it.
function plain(name) { sub(/^@"_\$/, "@\"$", name); return name }
function swift_of(name) { return substr(name, 1, length(name) - 3) "\"" }

NR == FNR {
    if (/^attributes #[0-9]+ = \{.*noreturn/) { split($2, part, "#"); noreturn[part[2] + 0] = 1 }
    if (/^(declare|define) /) { of[callee($0)] = group($0) }
    if (/^define protected ([^@]* )?zeroext .*@"[^"]*To"\(/) extends[swift_of(quoted($0))]
    if (/^define private swiftcc [^"@]*@[0-9]+\(/) { match($0, /@[0-9]+/); nameless[substr($0, RSTART + 1, RLENGTH - 1)] }
    if (/^define protected swiftcc /) bodies[quoted($0)]
    next
}
{
    if (/@[0-9]/ && !/^!|^@[^=]*= [^"]*c"/) {
        if (/^define private swiftcc [^"@]*@[0-9]+\(/) sub(/ private /, " internal ")
        $0 = named($0)
    }
    gsub(/ swifterror /, " ")
    # C callers may rely on the bits above a byte in a register.
    if (/^define protected swiftcc / && quoted($0) in extends) sub(/ swiftcc /, " swiftcc zeroext ")
    gsub(/@"\$/, "@\"_$")
    gsub(/@\$/, "@_$")
    sub(/"frame-pointer"="all"/, attributes)
}
# The Swift function's body is in this file, and has the extension that C callers rely on.
/^define protected (zeroext |noundef |nonnull |[a-z]+\([^()]*\) )*(void|i1|i8|i32|i64|ptr) @"[^"]*To"\(/ && plain(swift_of(quoted($0))) in bodies {
    name = quoted($0)
    swift = swift_of(name)
    match($0, /[a-z0-9]+ @"/)
    result = substr($0, RSTART, RLENGTH - 3)
    held = types = ""
    split("", from)
    step = 0
    holding = 1
}
holding {
    line = $0
    if (holds(line)) {
        held = held line "\n"
        if (line ~ /^  [^ #]/) last = line
        if (step < 4) next
        printf "%s = protected alias %s (%s), ptr %s\n", name, result, types, swift
        holding = 0
        next
    }
    printf "%s", held
    holding = 0
    $0 = line
}
/^  unreachable/ && last !~ /llvm\.trap|asm sideeffect/ && !(group(last) in noreturn) && !(callee(last) in of && of[callee(last)] in noreturn) {
    location = match($0, /, !dbg ![0-9]+/) ? substr($0, RSTART, RLENGTH) : ""
    print "  call void @apus_trap()" location
    needed = 1
}
{ print }
/^  [^#]/ { last = $0 }
END { if (needed && !("@apus_trap" in of)) print "declare void @apus_trap() cold noreturn" }
