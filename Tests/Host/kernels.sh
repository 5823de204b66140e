#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Which kernels are fetched: a mirror with planted packages, which changes as a mirror does, and a
# cache that follows it. Without the network.
set -u
cd "$(dirname "$0")/../.." || exit 2
apus=${APUS:-.build/debug/apus}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mirror=$work/mirror
export APUS_CACHE=$work/cache APUS_APT=$work/apt
# shellcheck source=kbuild/debian.sh
. kbuild/debian.sh
codename=$(debian_release)

# suites: creates the mirror's empty suites, and the machine's entries for it.
suites() {
    local suite
    for suite in "$codename" "$codename-security" "$codename-updates" "$codename-backports"; do
        mkdir -p "$mirror/dists/$suite/main/binary-amd64"
        : > "$mirror/dists/$suite/main/binary-amd64/Packages"
    done
    mkdir -p "$mirror/pool" "$APUS_APT/sources.list.d"
    for suite in "$codename" "$codename-security" "$codename-updates"; do
        echo "deb [trusted=yes] file:$mirror $suite main"
    done > "$APUS_APT/sources.list"
}

# package SUITE NAME VERSION [FILE CONTENT [DEPENDS]]: plants a package, with a file if it is one
# that is unpacked.
package() {
    local list="$mirror/dists/$1/main/binary-amd64/Packages" tree="$work/tree" deb
    deb=pool/$2_${3//\~/-}.deb
    rm -rf "$tree"
    mkdir -p "$tree/DEBIAN"
    printf 'Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: Test <test@localhost>\nDescription: planted\n' "$2" "$3" > "$tree/DEBIAN/control"
    if [ -n "${6:-}" ]; then echo "Depends: $6" >> "$tree/DEBIAN/control"; fi
    if [ -n "${4:-}" ]; then
        mkdir -p "$(dirname "$tree/$4")"
        echo "$5" > "$tree/$4"
    fi
    dpkg-deb --root-owner-group -Znone -b "$tree" "$mirror/$deb" > "$work/log" 2>&1 ||
        cat "$work/log"
    {
        cat "$tree/DEBIAN/control"
        printf 'Filename: %s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat -c %s "$mirror/$deb")" \
            "$(sha256sum "$mirror/$deb" | cut -d' ' -f1)"
    } >> "$list"
}
source_package() { package "$1" "linux-source-$(echo "$2" | grep -oE '^[0-9]+\.[0-9]+')" "$2"; }
image() { package "$1" "linux-image-$3" "$2" "boot/vmlinuz-$3" "$2"; }
# The headers of an architecture refer to the common ones.
headers() {
    local common=linux-headers-$3-common
    package "$1" "linux-headers-$3" "$2" "usr/src/linux-headers-$3/Makefile" \
        "include /usr/src/$common/Makefile" "$common"
    package "$1" "$common" "$2" "usr/src/$common/Makefile" "# $2"
}
# kernel SUITE VERSION RELEASE: plants all that a kernel consists of.
kernel() {
    image "$@"
    headers "$@"
    source_package "$1" "$2"
}

# fetch ARGUMENT…: runs fetch-kernel, and keeps what it says.
fetch() { status=0; kbuild/fetch-kernel "$@" > "$work/said" 2>&1 || status=$?; }
# same PROMISE EXPECTED SEEN
same() {
    if [ "$2" = "$3" ]; then
        echo "ok - $1: $3"
    else
        echo "not ok - $1: '$3', and not '$2'"
        cat "$work/said"
    fi
}
# says PROMISE TEXT: the text is a part of one line, which is the only one with it.
says() {
    local count
    count=$(grep -cF -- "$2" "$work/said")
    if [ "$count" = 1 ]; then
        echo "ok - $1: $2"
    else
        echo "not ok - $1: $count lines with '$2'"
        cat "$work/said"
    fi
}
cached() { cat "$APUS_CACHE/kernels/$1/$2" 2>&1; }
checked() {
    kbuild/check-kernels 2> "$work/said" |
        awk -F '\t' -v name="$1" '$1 == name { print $2, $3, $4 }'
}

# The names end as those of the real packages do. 6.12.9 is the newest as a text, and 6.12.120 and
# up as a number, but each of those is only a part of a kernel, or a kernel of another kind.
suites
kernel "$codename" 6.12.9-1 6.12.9-amd64
kernel "$codename-backports" 6.12.95-1~bpo1+1 6.12.95-amd64
kernel "$codename-security" 6.12.117-1~deb1u1 6.12.117-amd64
image "$codename-security" 6.12.120-1 6.12.120-amd64
headers "$codename-security" 6.12.121-1 6.12.121-amd64
source_package "$codename-security" 6.12.121-1
image "$codename-security" 6.12.122-1 6.12.122-amd64
headers "$codename-security" 6.12.122-1 6.12.122-amd64
image "$codename-security" 6.12.123-1 6.12.123-amd64
source_package "$codename-security" 6.12.123-1
for kind in rt cloud; do
    kernel "$codename-security" 6.12.124-1 "6.12.124-$kind-amd64"
done
kernel "$codename-security" 6.12.125-1 6.12-amd64
kernel "$codename-updates" 6.13.1-1 6.13.1-amd64

same "check-kernels shows the newest version of a kernel that was not fetched" \
    "- 6.12.117-1~deb1u1 absent" "$(checked 6.12)"
same "check-kernels shows a series that no suite has as gone" "- - gone" "$(checked 6.1)"
same "check-kernels shows the debug kernel" "- 6.12.117-1~deb1u1 absent" "$(checked debug)"
fetch 6.12
same "fetch-kernel fetches the newest package of all suites" "6.12.117-1~deb1u1 0" \
    "$(cached 6.12 version) $status"
same "fetch-kernel records the release of the kernel" 6.12.117-amd64 "$(cached 6.12 release)"
same "fetch-kernel records the suite of the kernel" release "$(cached 6.12 suite)"
same "fetch-kernel unpacks the image of the kernel" 6.12.117-1~deb1u1 "$(cached 6.12 vmlinuz)"
same "the headers in the cache find the common headers" "# 6.12.117-1~deb1u1" \
    "$(cat "$(cached 6.12 headers/Makefile | sed 's/^include //')")"

fetch 6.1
same "fetch-kernel fails for a series that no suite has" 1 "$status"
says "one line lists the series that the suites have" \
    "no kernel of the series 6.1 is to be had in release backports of $codename; there is 6.12 (6.12.117-1~deb1u1), 6.13 (6.13.1-1)"

# A newer kernel in another suite. A version without a tilde is newer than one with it.
kernel "$codename-backports" 6.12.117-1 6.12.117.1-amd64
fetch 6.12
same "fetch-kernel without --update keeps a fetched kernel, and prints nothing" \
    "6.12.117-1~deb1u1 " "$(cached 6.12 version) $(cat "$work/said")"
same "check-kernels shows the newer version" "6.12.117-1~deb1u1 6.12.117-1 newer" "$(checked 6.12)"
if [ -x "$apus" ]; then
    "$apus" doctor > "$work/said" 2>&1
    says "apus doctor names the newer version" \
        "kernel 6.12: 6.12.117-1 is there; make update KERNEL=6.12 changes to it"
    says "apus doctor shows a kernel that was never fetched" \
        "kernel debug: not fetched yet; its first use fetches 6.12.117-1"
    same "apus doctor shows no missing kernel and no missing image" "" \
        "$(grep -E 'MISSING (kernel|images|root)' "$work/said")"
else
    echo "not ok - the command apus is built: no $apus"
fi
fetch --update 6.12
same "fetch-kernel --update fetches the newer version" "6.12.117-1 backports 0" \
    "$(cached 6.12 version) $(cached 6.12 suite) $status"
says "one line names the replaced version" "it replaces 6.12.117-1~deb1u1"
same "the cache has no file of the replaced version" \
    "" "$(find "$APUS_CACHE/kernels" -name '*6.12.117-amd64')"
same "check-kernels shows the fetched version as the newest" \
    "6.12.117-1 6.12.117-1 newest" "$(checked 6.12)"
fetch --update 6.12
says "fetch-kernel --update says that there is no newer version" \
    "kernel 6.12 is 6.12.117-1, and there is no newer one"

# A cache of the time before the line of kbuild/kernels changed: it has another key, or none.
kernel "$codename-security" 6.12.118-1~deb1u1 6.12.118-amd64
rm "$APUS_CACHE/kernels/6.12/key"
mv "$mirror" "$work/away"
fetch 6.12
same "without a mirror, a kernel of an older line of kbuild/kernels stays" "6.12.117-1 0" \
    "$(cached 6.12 version) $status"
says "one line says that the kernel stays, and that no suite can be reached" \
    "kernel 6.12 stays 6.12.117-1: no suite can be reached"
same "without a mirror, check-kernels shows the version as unreachable" \
    "6.12.117-1 - unreachable" "$(checked 6.12)"
mv "$work/away" "$mirror"
fetch 6.12
same "with a mirror, the newest version replaces the kernel of an older line" \
    "6.12.118-1~deb1u1 release" "$(cached 6.12 version) $(cached 6.12 suite)"
says "one line names the replaced kernel" "it replaces 6.12.117-1"
mv "$mirror" "$work/away"
fetch 6.12
same "fetch-kernel with a current cache needs no mirror, and prints nothing" \
    "0 " "$status $(cat "$work/said")"
mv "$work/away" "$mirror"

# A suite that the mirror no longer has does not hide the others. (The kernel in the cache is older
# than what they have, as after an update that failed.)
kernel "$codename-security" 6.12.119-1~deb1u1 6.12.119-amd64
rm -r "$mirror/dists/$codename-backports"
fetch --update 6.12
same "fetch-kernel --update ignores a suite that the mirror no longer has" \
    "6.12.119-1~deb1u1 0" "$(cached 6.12 version) $status"
says "one line names the suite that cannot be updated" \
    "the package lists of the backports suite cannot be updated"

# The series ends: the fetched kernel is still used, but the source for the peers is not available.
for list in "$mirror"/dists/*/main/binary-amd64/Packages; do : > "$list"; done
kernel "$codename" 6.13.2-1 6.13.2-amd64
fetch --update 6.12
same "a fetched kernel stays when no suite has its series any more" \
    "6.12.119-1~deb1u1 0" "$(cached 6.12 version) $status"
says "one line says that the kernel stays, and which series there are" \
    "kernel 6.12 stays 6.12.119-1~deb1u1: no kernel of the series 6.12 is to be had in release backports of $codename; there is 6.13 (6.13.2-1)"
same "check-kernels shows the ended series as gone" "6.12.119-1~deb1u1 - gone" "$(checked 6.12)"
status=0
kbuild/build-peers 6.12 "$work/peers" > "$work/said" 2>&1 || status=$?
same "build-peers fails without the source of the kernel's own version" 1 "$status"
says "the message of build-peers names the command that helps" \
    "could not download linux-source-6.12 6.12.119-1~deb1u1, the source of the kernel in the cache; 'make update KERNEL=6.12' fetches"

# Modules of another version of the kernel do not stay in the build directory.
kbuild/build-folder "$work/build" 6.12.117-1
touch "$work/build/old.ko"
kbuild/build-folder "$work/build" 6.12.117-1 > "$work/said"
same "build-folder keeps modules of the same kernel" "$work/build/old.ko " \
    "$(ls "$work/build"/*.ko) $(cat "$work/said")"
kbuild/build-folder "$work/build" 6.12.118-1 > "$work/said"
same "build-folder removes modules of another kernel" "" "$(find "$work/build" -name '*.ko')"
says "one line says that the modules are made for another kernel" \
    "was made for another kernel than 6.12.118-1, and is created again"
