#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `make new`: each kind of driver builds outside of this tree and passes its own test in a virtual
# machine, a broken driver of the tree does not matter, and wrong input gets one sentence and
# writes nothing. KERNEL selects the kernel (6.12).
set -u
cd "$(dirname "$0")/../.." || exit 2
kernel=${KERNEL:-6.12}
apus=$PWD/.build/debug/apus
work=$(mktemp -d)
drivers=$work/drivers
broken=Drivers/broken_by_a_test
mkdir "$drivers"
trap 'rm -rf "$work" "$broken"' EXIT
failed=0
# said PROMISE STATUS: reports the result of a step. Prints the log if the step failed.
said() {
    if [ "$2" = 0 ]; then
        echo "ok - $1"
    else
        failed=1
        echo "not ok - $1"
        tail -n 30 "$work/log" | sed 's/^/# /'
    fi
}
# succeeds PROMISE COMMAND…, fails PROMISE COMMAND…: by the command's status.
succeeds() {
    local promise=$1 status=0
    shift
    "$@" > "$work/log" 2>&1 || status=$?
    said "$promise" $status
}
fails() {
    local promise=$1 status=1
    shift
    "$@" > "$work/log" 2>&1 || status=0
    said "$promise" $status
}
# logged PROMISE TEXT: the last log has the text in one line.
logged() { grep -qF -- "$2" "$work/log"; said "$1: $2" $?; }

# --- Wrong input ---
tree() { find "$work/drivers" "$work/file" | LC_ALL=C sort; }
touch "$work/file"
mkdir "$drivers/taken" "$work/a space" "$work/made"
# refuses WORDS NAME KIND AT: status 2, one sentence with the words, and no file more than before.
refuses() {
    local words=$1 before status=0
    before=$(tree)
    "$apus" new ${2:+"--name=$2"} ${3:+"--kind=$3"} --at="$4" > "$work/log" 2>&1 || status=$?
    if [ "$status" = 2 ] && [ "$(wc -l < "$work/log")" = 1 ] && [ "$(tree)" = "$before" ]; then
        grep -qF -- "$words" "$work/log"
        said "apus new refuses '$2' '$3': $words" $?
    else
        said "apus new refuses '$2' '$3' in one sentence, and writes nothing (status $status)" 1
    fi
}
refuses "a name is missing" "" disk "$drivers"
refuses "a kind is missing: KIND is disk, target, pool" my_disk "" "$drivers"
refuses "there is no kind 'tape': KIND is disk, target, pool" my_disk tape "$drivers"
for name in my-disk My_disk 1disk _disk 'my disk' my.disk ../disk; do
    refuses "'$name' cannot be the name of a module" "$name" disk "$drivers"
done
refuses "too long for a target: the kernel has room for 15 characters, and this has 16" \
    a234567890123456 target "$drivers"
refuses "too long for a disk: the kernel has room for 30 characters" \
    a234567890123456789012345678901 disk "$drivers"
refuses "too long for a pool: the kernel has room for 49 characters" \
    a2345678901234567890123456789012345678901234567890 pool "$drivers"
refuses "Apus has a driver named 'apus_null'" apus_null disk "$drivers"
refuses "there is a $drivers/taken already" taken disk "$drivers"
refuses "there is no folder $work/nowhere" my_disk disk "$work/nowhere"
refuses "there is no folder $work/file" my_disk disk "$work/file"
refuses "is in Apus's own tree" my_disk disk Drivers
refuses "has a space or another character that make cannot take" my_disk disk "$work/a space"
fails "make new fails if apus new refuses" make new KIND=disk AT="$drivers"
logged "make new prints the sentence of apus new" \
    "a name is missing, as in: make new NAME=my_disk KIND=disk"
succeeds "a target's name of 15 characters is accepted" "$apus" new --name=a23456789012345 \
    --kind=target --at="$drivers"

# --- Each kind, beside a driver of the tree that does not compile ---
# Its name has to be new to the tree: the folder is removed in the end.
mkdir "$broken" || exit 2
echo 'struct Broken {' > "$broken/Broken.swift"
for kind in disk target pool; do
    name=own_$kind
    succeeds "make new KIND=$kind succeeds" make new NAME=$name KIND=$kind AT="$drivers"
    logged "make new prints the next command" "cd $drivers/$name && make vm"
    succeeds "$name builds without a trap" make -C "$drivers/$name" KERNEL="$kernel" TRAPS=0
    succeeds "$name passes its own test in a virtual machine" make -C "$drivers/$name" vm \
        KERNEL="$kernel"
    logged "make vm prints the count of results" " passed, 0 failed"
    succeeds "git status shows no file of a build" sh \
        -c "cd '$drivers/$name' && git init -q . && test -z \"\$(git status --porcelain | grep build)\""
done
succeeds "the build of a driver has only the module of that driver" test \
    "$(cd "$drivers/own_disk/build/$kernel" && echo *.ko)" = own_disk.ko

# --- Installing, on a machine with this kernel and on another ---
mkdir "$work/bin"
printf '#!/bin/sh\necho "${TEST_RELEASE:?}"\n' > "$work/bin/uname"
chmod +x "$work/bin/uname"
release=$(modinfo -F vermagic "$drivers/own_disk/build/$kernel/own_disk.ko" | cut -d' ' -f1)
installs() {
    PATH=$work/bin:$PATH TEST_RELEASE=$1 DESTDIR=$work/root make -C "$drivers/own_disk" install
}
fails "make install fails for a kernel without a built module" installs 1.2.3
logged "make install prints the command that builds the module" \
    "Build them first: make KDIR=/lib/modules/1.2.3/build"
succeeds "make install succeeds for the kernel of the module" installs "$release"
succeeds "make install installs only the driver's module" test \
    "$(cd "$work/root" && find . -type f | sed "s/\.xz$//")" = \
    "./lib/modules/$release/updates/apus-own/own_disk.ko"
uninstalls() { DESTDIR=$work/root make -C "$drivers/own_disk" uninstall; }
succeeds "make uninstall succeeds" uninstalls
succeeds "make uninstall removes the module" test -z "$(cd "$work/root" && find . -type f)"

# --- Editors: sourcekit-lsp completes in a new driver, and in those of the tree ---
# send TEXT: a message to the server. receive: the next one from it, in $message. Both count bytes.
send() { printf 'Content-Length: %d\r\n\r\n%s' "$(printf '%s' "$1" | wc -c)" "$1" >&"$to"; }
receive() {
    local header length=
    while IFS= read -r header <&"$from"; do
        case $header in
        Content-Length:*) length=${header#*: } length=${length%$'\r'} ;;
        $'\r') break ;;
        esac
    done
    [ -n "$length" ] && LC_ALL=C IFS= read -r -N "$length" message <&"$from"
}
# answer NUMBER: waits for the answer to that request. Fails if the server ends before.
answer() {
    while receive; do
        case $message in
        *"\"id\":$1,"*'"result"'*) return ;;
        *'"result"'*"\"id\":$1}"*) return ;;
        esac
    done
    false
}
# completes FOLDER NAME TOP SECONDS: an editor has the folder TOP open, and FOLDER/NAME.swift in it.
completes() {
    local file=$1/$2.swift top=$3 seconds=$4 text line message from to pid
    text=$(sed 's/^    let request = request.start()$/&\n    request./' "$file")
    line=$(grep -n '^    request\.$' <<< "$text" | cut -d: -f1)
    text=$(sed 's/[\\"]/\\&/g; s/$/\\n/' <<< "$text" | tr -d '\n')
    coproc server { cd "$top" && exec timeout "$seconds" sourcekit-lsp 2> "$work/log"; }
    from=${server[0]} to=${server[1]} pid=${server_PID:?}
    send '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"rootUri":"file://'"$top"'","capabilities":{}}}'
    answer 1 || return
    send '{"jsonrpc":"2.0","method":"initialized","params":{}}'
    send '{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file://'"$file"'","languageId":"swift","version":1,"text":"'"$text"'"}}}'
    send '{"jsonrpc":"2.0","id":2,"method":"textDocument/completion","params":{"textDocument":{"uri":"file://'"$file"'"},"position":{"line":'$((line - 1))',"character":12}}}'
    answer 2 || return
    kill "$pid"
    printf '%s\n' "$message" > "$work/log"
    grep -q '"forEachSegment' "$work/log"
}
# Sometimes the server does not answer a completion. Then it is stopped, and a new server gets the
# request, with more time for a slow machine.
completes_soon() {
    local seconds
    for seconds in 10 20 40 80 160 300; do
        completes "$@" $seconds && return
        wait
    done
    false
}
completes_soon "$drivers/own_disk" own_disk "$drivers/own_disk"
said "sourcekit-lsp completes a request's methods in a new driver" $?
completes_soon "$PWD/Drivers/apus_plain" PlainDevice "$PWD"
said "sourcekit-lsp completes a request's methods in a driver of this tree" $?

# --- The loop ---
disk=$drivers/own_disk
sed -i 's/Sector(32768)/Sector(65536)/' "$disk/own_disk.swift"
fails "make vm fails if a promise does not hold" make -C "$disk" vm KERNEL="$kernel"
logged "make vm counts the promises that fail" "3 passed, 2 failed"
grep -q 'SWIFTC  own_disk' "$work/log" && ! grep 'SWIFTC' "$work/log" | grep -qv own_disk
said "after a changed line, only the driver is compiled" $?
echo 'exit 0' > "$disk/silent.sh"
fails "make vm with a script without results fails" \
    make -C "$disk" vm KERNEL="$kernel" SCRIPT=silent.sh

# --- Mistakes, each with a sentence ---
# mistake PROMISE TEXT: the build of the driver fails, and prints TEXT.
mistake() {
    fails "$1 fails" make -C "$disk" KERNEL="$kernel" TRAPS=0
    logged "the message says what to do" "$2"
    test ! -e "$disk/build/$kernel/own_disk.ko"
    said "the failed build leaves no module" $?
}
mv "$disk/own_disk.swift" "$work/kept.swift"
mistake "a folder without a source" "$disk: error: there is no .swift file in this folder"
sed '/^@KernelModule/d' "$work/kept.swift" > "$disk/own_disk.swift"
mistake "a driver without @KernelModule" \
    "$disk: error: no struct of the module own_disk has '@KernelModule'"
sed 's/    let request = request.start()/&\n    print(1)/' "$work/kept.swift" \
    > "$disk/own_disk.swift"
mistake "a driver that prints" \
    "own_disk.swift:27:5: error: drivers may not say 'print(…): the kernel has no terminal; log(.info, …) writes to its log'"
sed 's/    let request = request.start()/&\n    for _ in pageSize..<request.byteCount { log(.info, "a") }/' "$work/kept.swift" > "$disk/own_disk.swift"
mistake "a range loop" \
    "own_disk.swift:27: Range requires lowerBound <= upperBound: a range loop with bounds that are not known: use \`while\`"
succeeds "without TRAPS=0, a driver with a range loop builds" make -C "$disk" KERNEL="$kernel"
logged "without TRAPS=0, the range loop gives a warning" \
    "gate: traps: own_disk.ko: warning: $disk/own_disk.swift:27: Range requires"
cp -r "$disk" "$drivers/own-disk"
fails "the build of a folder with a dash in its name fails" \
    make -C "$drivers/own-disk" KERNEL="$kernel"
logged "the message says what to do" "'own-disk' cannot be one: use letters, digits and '_'"
rm -rf "$broken"

# --- Drivers that are gone ---
cp "$work/kept.swift" "$disk/own_disk.swift"
succeeds "make modules builds a driver of another folder" \
    make modules KERNEL="$kernel" DRIVERS="$disk"
succeeds "make modules leaves the module of that driver" test -e "build/$kernel/own_disk.ko"
succeeds "make modules without that driver succeeds" make modules KERNEL="$kernel"
logged "make modules reports the module whose driver is gone" \
    "own_disk: its driver no longer exists, so its module is removed"
test -z "$(find "build/$kernel" -name '*own_disk*')"
said "make modules removes all files of that driver" $?
test "$(find "build/$kernel" -maxdepth 1 -name '*.ko' | wc -l)" = \
    "$(find Drivers Tests/Modules -mindepth 1 -maxdepth 1 -type d | wc -l)" &&
    test -e "build/$kernel/dropin/null_blk.ko"
said "make modules keeps the other modules" $?
mv "$disk" "$drivers/renamed"
succeeds "a renamed driver builds" make -C "$drivers/renamed" KERNEL="$kernel"
succeeds "the build of a renamed driver has no module of the old name" test \
    "$(cd "$drivers/renamed/build/$kernel" && echo *.ko)" = renamed.ko

exit $failed
