#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Before the build, one sentence names what a machine lacks: kbuild/preflight with
# compilers and folders that were made for the test, and kbuild/setup and kbuild/fetch-kernel
# without a network or sudo.
set -u
cd "$(dirname "$0")/../.." || exit 2
# The mounts of this test are in a mount namespace of its own. A user needs a user namespace for it.
if [ "${1:-}" != inside ]; then
    own=(unshare --mount)
    [ "$(id -u)" = 0 ] || own=(unshare --mount --user --map-root-user)
    if "${own[@]}" true 2> /dev/null; then exec "${own[@]}" "$0" inside; fi
fi
work=$(mktemp -d)
mounted=()
clean_up() {
    if [ ${#mounted[@]} -gt 0 ]; then umount "${mounted[@]}"; fi
    rm -rf "$work"
}
trap clean_up EXIT
toolchain=$(dirname "$(realpath "$(command -v swiftc)")")/..
mkdir -p "$work/usr/bin" "$work/usr/lib/swift/host" "$work/tree/kbuild" "$work/cache" "$work/tmp"
cp kbuild/preflight kbuild/setup "$work/tree/kbuild/"
export APUS_CACHE=$work/cache TMPDIR=$work/tmp
# The programs that kbuild/preflight uses, in a directory without a Swift of this machine.
mkdir "$work/base" "$work/bin"
for program in bash sh cat cut df dirname findmnt head realpath sed tail uname; do
    ln -s "$(command -v $program)" "$work/base/$program"
done
path=$work/usr/bin:$work/base

# told PROMISE SENTENCE COMMAND…: the command fails, and prints one line that contains SENTENCE.
told() {
    local promise=$1 sentence=$2 said status=0
    shift 2
    said=$("$@" 2>&1 < /dev/null) || status=$?
    if [ "$status" = 1 ] && [[ $said == *"$sentence"* ]] && [ "$(wc -l <<< "$said")" = 1 ]; then
        echo "ok - $promise: $sentence"
    else
        echo "not ok - $promise: status $status, '$said', and not '$sentence'"
    fi
}
# well PROMISE COMMAND…: the command succeeds, and prints nothing.
well() {
    local promise=$1 said status=0
    shift
    said=$("$@" 2>&1) || status=$?
    if [ "$status" = 0 ] && [ -z "$said" ]; then echo "ok - $promise"; else echo "not ok - $promise: status $status, '$said'"; fi
}
# A compiler that prints the lines of standard input, and ends with status $1.
compiler() {
    { printf '#!/bin/sh\ncat << END\n'; cat; printf 'END\nexit %s\n' "$1"; } > "$work/usr/bin/swiftc"
    cp "$work/usr/bin/swiftc" "$work/usr/bin/swift"
    chmod +x "$work"/usr/bin/*
}
check() { PATH=$path "$work/tree/kbuild/preflight" "$@"; }

# --- Swift ---
well "the machine of the tests has what a build needs" \
    env PATH="$toolchain/bin:$PATH" kbuild/preflight
told "a machine without Swift" "there is no swiftc in PATH ($path): install Swift 6.3 or later" check
compiler 0 <<< 'Swift version 6.3.1 (swift-6.3.1-RELEASE)'
well "Swift 6.3.1 is accepted" check
compiler 0 <<< 'Swift version 6.10 (swift-6.10-RELEASE)'
well "Swift 6.10 is accepted as later than 6.3" check
compiler 0 <<< 'Swift version 7.0 (swift-7.0-RELEASE)'
well "Swift 7.0 is accepted as later than 6.3" check
compiler 0 <<< 'swift-driver version: 1.120 Apple Swift version 6.2.4 (swiftlang-6.2.4)'
told "an older Swift" "$work/usr/bin/swiftc is Swift 6.2.4, and Apus needs 6.3 or later" check
compiler 0 <<< 'something else'
told "a compiler that is not Swift" "does not tell its version; Apus needs Swift 6.3 or later. It says: something else" check
compiler 127 <<< 'swiftc: error while loading shared libraries: libncurses.so.6'
told "a Swift that lacks a library" \
    "does not run; install what it misses. It says: swiftc: error while loading shared libraries: libncurses.so.6" check
compiler 0 <<< 'Swift version 6.3.1 (swift-6.3.1-RELEASE)'
rmdir "$work/usr/lib/swift/host"
told "a Swift without the libraries for macros" "has no lib/swift/host beside it" check
mkdir "$work/usr/lib/swift/host"

# --- Folders ---
for character in ' ' ':' '#' '%' '$' "'" '('; do
    mkdir -p "$work/a${character}b"
    cp -r "$work/tree/kbuild" "$work/a${character}b/"
    told "a tree with '$character' in its path" "the path of the tree, '$work/a${character}b', has the character '$character'" \
        env PATH="$path" "$work/a${character}b/kbuild/preflight"
done
told "a driver's folder with a space in its path" "the path of the driver's folder, '$work/my disk', has the character ' '" check "$work/my disk"
APUS_CACHE="$work/my cache" told "a cache with a space in its path" "the path of the cache of kernels, '$work/my cache', has the character ' '" check
well "a cache folder that does not exist is accepted" \
    env APUS_CACHE="$work/no/such/cache" PATH="$path" "$work/tree/kbuild/preflight"

# mounting PROMISE OPTIONS: mounts a file system of memory at $work/mount.
mkdir "$work/mount"
mounting() {
    if [ ${#mounted[@]} -gt 0 ]; then umount "$work/mount"; fi
    mounted=()
    if mount -t tmpfs -o "$2" tmpfs "$work/mount" 2> /dev/null; then mounted=("$work/mount"); return; fi
    echo "ok - $1 # SKIP this user may not mount anything"
    return 1
}
if mounting "a read-only checkout" size=2g; then
    mkdir "$work/mount/kbuild"
    cp kbuild/preflight "$work/mount/kbuild/"
    mount -o remount,ro "$work/mount"
    told "a read-only checkout" "$work/mount is read-only for you, and the tree is written there" \
        env PATH="$path" "$work/mount/kbuild/preflight"
fi
if mounting "a cache that is mounted noexec" noexec,size=4g; then
    APUS_CACHE=$work/mount/apus told "a cache that is mounted noexec" \
        "$work/mount is on a file system that is mounted noexec, and the build runs programs from the cache of kernels" check
    TMPDIR=$work/mount told "a TMPDIR that is mounted noexec" "and the build runs programs from TMPDIR" check
fi
if mounting "a full file system" size=100m; then
    told "a driver's folder on a file system that is nearly full" "there are 100 MiB free for the driver's folder ($work/mount), and the build needs 1024 MiB: make room" check "$work/mount"
    APUS_CACHE=$work/mount told "a cache on a file system that is nearly full" \
        "there are 100 MiB free for the cache of kernels ($work/mount), and the build needs 2048 MiB" check
fi

# --- Packages ---
# Programs in place of those that look for packages and install them. No package is installed.
for program in bash grep; do ln -s "$(command -v $program)" "$work/bin/$program"; done
stub() { { echo '#!/bin/bash'; cat; } > "$work/bin/$1"; chmod +x "$work/bin/$1"; }
stub dpkg-query <<< 'shift 3; for package in "$@"; do [ "$package" = qemu-system-x86 ] || printf "%s=installed " "$package"; done'
stub id <<< 'echo 1000'
setup=(env PATH="$work/bin" "$work/tree/kbuild/setup")
told "a user without sudo" "there is no sudo: as root, run: apt-get install qemu-system-x86" "${setup[@]}"
stub sudo <<< 'exit 1'
told "a user whose sudo asks for a password, without a terminal" \
    "sudo wants a password, but there is no terminal: as root, run: apt-get install qemu-system-x86" "${setup[@]}"
stub id <<< 'echo 0'
stub apt-get <<< 'echo "E: Temporary failure resolving the mirror" >&2; exit 100'
said=$("${setup[@]}" 2>&1) && said="it ended well: $said"
if [[ ${said##*$'\n'} == "apus: apt-get could not install: qemu-system-x86. Is there a network? Of the package lists it said: E: Temporary failure resolving the mirror" ]]; then
    echo "ok - a machine without a network cannot install a package: Is there a network?"
else
    echo "not ok - a machine without a network cannot install a package: '$said'"
fi
mkdir -p "$work/apt"
echo "deb [trusted=yes] file:$work/no-mirror $(. /etc/os-release; echo "$VERSION_CODENAME") main" > "$work/apt/sources.list"
said=$(APUS_APT=$work/apt kbuild/fetch-kernel 6.12 2>&1) && said="it ended well: $said"
if [[ ${said##*$'\n'} == "apus: kernel 6.12 cannot be fetched: no package list can be updated. Is there a network?" ]]; then
    echo "ok - a machine without a network cannot fetch a kernel: Is there a network?"
else
    echo "not ok - a machine without a network cannot fetch a kernel: '$said'"
fi
