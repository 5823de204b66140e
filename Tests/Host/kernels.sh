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

same "of a kernel that was not fetched the check knows the newest" "- 6.12.117-1~deb1u1 absent" \
    "$(checked 6.12)"
same "a series that is not there is said to be gone" "- - gone" "$(checked 6.1)"
same "the debug kernel is checked, too" "- 6.12.117-1~deb1u1 absent" "$(checked debug)"
fetch 6.12
same "the newest package of all suites is fetched" "6.12.117-1~deb1u1 0" \
    "$(cached 6.12 version) $status"
same "its release is recorded" 6.12.117-amd64 "$(cached 6.12 release)"
same "its suite is recorded" release "$(cached 6.12 suite)"
same "its image is there" 6.12.117-1~deb1u1 "$(cached 6.12 vmlinuz)"
same "its headers find the common ones" "# 6.12.117-1~deb1u1" \
    "$(cat "$(cached 6.12 headers/Makefile | sed 's/^include //')")"

fetch 6.1
same "a series that is not to be had is refused" 1 "$status"
says "one line says which there are" \
    "no kernel of the series 6.1 is to be had in release backports of $codename; there is 6.12 (6.12.117-1~deb1u1), 6.13 (6.13.1-1)"

# A newer kernel in another suite. A version without a tilde is newer than one with it.
kernel "$codename-backports" 6.12.117-1 6.12.117.1-amd64
fetch 6.12
same "a fetched kernel stays, and nothing is said" "6.12.117-1~deb1u1 " \
    "$(cached 6.12 version) $(cat "$work/said")"
same "the check finds the newer one" "6.12.117-1~deb1u1 6.12.117-1 newer" "$(checked 6.12)"
if [ -x "$apus" ]; then
    "$apus" doctor > "$work/said" 2>&1
    says "the doctor names the newer one" \
        "kernel 6.12: 6.12.117-1 is there; make update KERNEL=6.12 changes to it"
    says "what was never asked for is not fetched yet" \
        "kernel debug: not fetched yet; its first use fetches 6.12.117-1"
    same "no kernel and no image is missing" "" \
        "$(grep -E 'MISSING (kernel|images|root)' "$work/said")"
else
    echo "not ok - the command is built: no $apus"
fi
fetch --update 6.12
same "an update fetches it" "6.12.117-1 backports 0" \
    "$(cached 6.12 version) $(cached 6.12 suite) $status"
says "one line says what it replaces" "it replaces 6.12.117-1~deb1u1"
same "of the old one nothing is left" "" "$(find "$APUS_CACHE/kernels" -name '*6.12.117-amd64')"
same "the check finds nothing newer" "6.12.117-1 6.12.117-1 newest" "$(checked 6.12)"
fetch --update 6.12
says "an update without a newer one says so" "kernel 6.12 is 6.12.117-1, and there is no newer one"

# A cache of the time before the line of kbuild/kernels changed: it has another key, or none.
kernel "$codename-security" 6.12.118-1~deb1u1 6.12.118-amd64
rm "$APUS_CACHE/kernels/6.12/key"
mv "$mirror" "$work/away"
fetch 6.12
same "out of reach, the kernel of an older line stays" "6.12.117-1 0" \
    "$(cached 6.12 version) $status"
says "and one line says so" "kernel 6.12 stays 6.12.117-1: no suite can be reached"
same "the check says that it does not know" "6.12.117-1 - unreachable" "$(checked 6.12)"
mv "$work/away" "$mirror"
fetch 6.12
same "within reach, the newest one replaces it" "6.12.118-1~deb1u1 release" \
    "$(cached 6.12 version) $(cached 6.12 suite)"
says "and one line says so" "it replaces 6.12.117-1"
mv "$mirror" "$work/away"
fetch 6.12
same "a cache that is up to date takes no mirror" "0 " "$status $(cat "$work/said")"
mv "$work/away" "$mirror"

# A suite that the mirror no longer has does not hide the others. (The kernel in the cache is older
# than what they have, as after an update that failed.)
kernel "$codename-security" 6.12.119-1~deb1u1 6.12.119-amd64
rm -r "$mirror/dists/$codename-backports"
fetch --update 6.12
same "a suite that is gone is passed over" "6.12.119-1~deb1u1 0" "$(cached 6.12 version) $status"
says "with a line about it" "the package lists of the backports suite cannot be updated"

# The series ends: what was fetched is used on, but the source for the peers is not to be had.
for list in "$mirror"/dists/*/main/binary-amd64/Packages; do : > "$list"; done
kernel "$codename" 6.13.2-1 6.13.2-amd64
fetch --update 6.12
same "when its series ends a kernel stays" "6.12.119-1~deb1u1 0" "$(cached 6.12 version) $status"
says "and one line says so" \
    "kernel 6.12 stays 6.12.119-1~deb1u1: no kernel of the series 6.12 is to be had in release backports of $codename; there is 6.13 (6.13.2-1)"
same "the check says that it is gone" "6.12.119-1~deb1u1 - gone" "$(checked 6.12)"
status=0
kbuild/build-peers 6.12 "$work/peers" > "$work/said" 2>&1 || status=$?
same "peers are built of the kernel's own version only" 1 "$status"
says "and the message says what helps" \
    "could not download linux-source-6.12 6.12.119-1~deb1u1, the source of the kernel in the cache; 'make update KERNEL=6.12' fetches"

# Modules of another version of the kernel do not stay in the build directory.
kbuild/build-folder "$work/build" 6.12.117-1
touch "$work/build/old.ko"
kbuild/build-folder "$work/build" 6.12.117-1 > "$work/said"
same "modules of the same kernel stay" "$work/build/old.ko " \
    "$(ls "$work/build"/*.ko) $(cat "$work/said")"
kbuild/build-folder "$work/build" 6.12.118-1 > "$work/said"
same "modules of another one do not" "" "$(find "$work/build" -name '*.ko')"
says "and one line says so" "was made for another kernel than 6.12.118-1, and is made anew"
