#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `make keys`, `make install` and `make uninstall`, into a directory of the test. The modules are
# those of build/KERNEL. Tests/VM/kernel/install.sh installs into a machine that runs.
set -u
cd "$(dirname "$0")/../.." || exit 2
kernel=${KERNEL:-6.12}
work=$(mktemp -d)
# A build of some of the drivers, as `make run` leaves one. Its name is the last in build/.
part=build/zz-part
trap 'rm -rf "$work" $part' EXIT
module=build/$kernel/apus_plain.ko
[ -e "$module" ] || { echo "not ok - there is a module to install: no $module"; exit 1; }
release=$(modinfo -F vermagic "$module" | cut -d' ' -f1)
mkdir -p $part
cp "$module" $part/
updates=$work/root/lib/modules/$release/updates
drivers=$(ls Drivers)
export DESTDIR=$work/root
suffix=''
headers=${APUS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/apus}/kernels/$kernel/headers
if grep -qx CONFIG_MODULE_COMPRESS_XZ=y "$headers/.config"; then suffix=.xz; fi
# shellcheck source=Tests/Host/lib.sh
. Tests/Host/lib.sh

says() { check "$1: $2" grep -qF -- "$2" "$work/log"; }
# The names of the modules that are installed.
installed() { find "$work" -path '*/root/*' -name '*.ko*' -printf '%f\n' | sed 's/\.ko.*//' | sort; }

# --- A key ---
refused "make install refuses a folder without a key" make install KERNELVER="$release" KEYS="$work/none"
says "and names it" "there is no MOK.priv with a MOK.der in $work/none"
check "and installs nothing" test -z "$(installed)"
run "make keys makes a key" make keys KEYS="$work/keys"
says "and says how to enrol it" "sudo mokutil --import $work/keys/MOK.der"
check "only its owner may read it" test "$(stat -c %a "$work/keys/MOK.priv")" = 600
before=$(sha256sum "$work/keys/MOK.priv")
run "make keys leaves a key as it is" make keys KEYS="$work/keys"
check "the key is the same" test "$(sha256sum "$work/keys/MOK.priv")" = "$before"
mkdir "$work/half"
cp "$work/keys/MOK.priv" "$work/half/"
refused "make keys refuses half a pair" make keys KEYS="$work/half"
says "and names the file that is there" "$work/half/MOK.priv is there"

# --- Installing ---
refused "another kernel's modules are not installed" make install KERNELVER=1.2.3
says "and it says how to build them" "Build them first: make modules KDIR=/lib/modules/1.2.3/build"
run "make install, signed and for the initramfs" make install KERNELVER="$release" KEYS="$work/keys" INITRAMFS=1
says "tells each file" "installed $updates/apus/apus_null.ko$suffix"
says "tells the signer" "signed by 'Modules of $(uname -n)' ($work/keys/MOK.priv)"
check "every driver is installed, and no module of tests" test "$(installed)" = "$drivers"
list=$work/root/usr/share/initramfs-tools/modules.d/apus
check "every driver is in the list of the initramfs" test "$(cat "$list")" = "$drivers"
file=$updates/apus/apus_plain.ko$suffix
check "a module is compressed as the kernel's own are (${suffix:-not})" test -e "$file"
check "a module is for that kernel" test "$(modinfo -F vermagic "$file" | cut -d' ' -f1)" = "$release"
check "a module is signed" test "$(modinfo -F signer "$file")" = "Modules of $(uname -n)"
# The signature is right: openssl verifies it over the module's bytes before it.
if [ -n "$suffix" ]; then xz -dc "$file" > "$work/signed.ko"; else cp "$file" "$work/signed.ko"; fi
strip --strip-debug -o "$work/built.ko" "$module"
size=$(stat -c %s "$work/built.ko")
head -c "$size" "$work/signed.ko" > "$work/content"
check "the module before its signature is the one that was built, without debug information" cmp "$work/content" "$work/built.ko"
tail -c +$((size + 1)) "$work/signed.ko" | head -c -40 > "$work/signature"
openssl x509 -inform DER -in "$work/keys/MOK.der" -out "$work/certificate" 2> "$work/log"
check "the signature is that of the key" openssl cms -verify -binary -inform DER -in "$work/signature" \
    -content "$work/content" -certfile "$work/certificate" -noverify -nointern -out /dev/null
check "kmod finds the module before another of its name" test "$(
    mkdir -p "$work/root/lib/modules/$release/kernel" && cp "$module" "$work/root/lib/modules/$release/kernel/"
    touch "$work/root/lib/modules/$release/modules.order" "$work/root/lib/modules/$release/modules.builtin"
    mkdir -p "$work/etc" && echo 'search updates built-in' > "$work/etc/depmod.conf"
    depmod -b "$work/root" -C "$work/etc" "$release" 2> "$work/log"
    cut -d: -f1 "$work/root/lib/modules/$release/modules.dep" | grep '/apus_plain\.' | head -n 1
)" = "updates/apus/apus_plain.ko$suffix"
rm -r "$work/root/lib/modules/$release/kernel"
touch "$updates/apus/gone.ko" "$updates/other.ko"
run "make install, without a key" make install KERNELVER="$release"
if [ -e /var/lib/shim-signed/mok/MOK.priv ] || [ -e /var/lib/dkms/mok.key ]; then
    echo "ok - a module without a key is not signed # SKIP this machine has a key"
else
    says "says that they are not signed" "not signed, so Secure Boot refuses them"
    check "a module without a key is not signed" test -z "$(modinfo -F signer "$file")"
fi
check "a module that the tree no longer has is gone" test ! -e "$updates/apus/gone.ko"

# --- Uninstalling ---
run "make uninstall" make uninstall
says "tells what it removed" "removed from $work/root/lib/modules/$release: apus_delay"
check "only what others installed is left" test "$(installed)" = other
check "the list of the initramfs is gone" test ! -e "$list"
run "make uninstall, once more" make uninstall
says "says that there is nothing" "nothing of $PWD is installed"
