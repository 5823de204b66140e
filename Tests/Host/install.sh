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
[ -e "$module" ] || { echo "not ok - build/ has a module to install: no $module"; exit 1; }
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
# installed: the names of the installed modules.
installed() { find "$work" -path '*/root/*' -name '*.ko*' -printf '%f\n' | sed 's/\.ko.*//' | sort; }

# --- A key ---
refused "make install with a folder without a key fails" \
    make install KERNELVER="$release" KEYS="$work/none"
says "it names the missing files" "there is no MOK.priv with a MOK.der in $work/none"
check "the failed make install installs nothing" test -z "$(installed)"
run "make keys makes a key" make keys KEYS="$work/keys"
says "it says how to enrol the key" "sudo mokutil --import $work/keys/MOK.der"
check "only its owner can read the private key" test "$(stat -c %a "$work/keys/MOK.priv")" = 600
before=$(sha256sum "$work/keys/MOK.priv")
run "make keys with an existing key succeeds" make keys KEYS="$work/keys"
check "make keys does not change an existing key" \
    test "$(sha256sum "$work/keys/MOK.priv")" = "$before"
mkdir "$work/half"
cp "$work/keys/MOK.priv" "$work/half/"
refused "make keys with half of a key pair fails" make keys KEYS="$work/half"
says "it names the file that exists" "$work/half/MOK.priv is there"

# --- Installing ---
refused "make install for a kernel without built modules fails" make install KERNELVER=1.2.3
says "it says how to build the modules" \
    "Build them first: make modules KDIR=/lib/modules/1.2.3/build"
run "make install with a key and for the initramfs succeeds" \
    make install KERNELVER="$release" KEYS="$work/keys" INITRAMFS=1
says "it names each installed file" "installed $updates/apus/apus_null.ko$suffix"
says "it names the signer" "signed by 'Modules of $(uname -n)' ($work/keys/MOK.priv)"
check "make install installs each driver, and no test module" test "$(installed)" = "$drivers"
list=$work/root/usr/share/initramfs-tools/modules.d/apus
check "the list of the initramfs has each driver" test "$(cat "$list")" = "$drivers"
file=$updates/apus/apus_plain.ko$suffix
check "an installed module is compressed like the kernel's own (${suffix:-not})" test -e "$file"
check "an installed module has the vermagic of its kernel" \
    test "$(modinfo -F vermagic "$file" | cut -d' ' -f1)" = "$release"
check "an installed module has the signer of the key" \
    test "$(modinfo -F signer "$file")" = "Modules of $(uname -n)"
# openssl verifies the signature over the module's bytes before it.
if [ -n "$suffix" ]; then xz -dc "$file" > "$work/signed.ko"; else cp "$file" "$work/signed.ko"; fi
strip --strip-debug -o "$work/built.ko" "$module"
size=$(stat -c %s "$work/built.ko")
head -c "$size" "$work/signed.ko" > "$work/content"
check "without its signature, an installed module is the built one without debug information" \
    cmp "$work/content" "$work/built.ko"
tail -c +$((size + 1)) "$work/signed.ko" | head -c -40 > "$work/signature"
openssl x509 -inform DER -in "$work/keys/MOK.der" -out "$work/certificate" 2> "$work/log"
check "the signature of an installed module verifies with the key" \
    openssl cms -verify -binary -inform DER -in "$work/signature" \
    -content "$work/content" -certfile "$work/certificate" -noverify -nointern -out /dev/null
check "depmod prefers the installed module to another of the same name" test "$(
    mkdir -p "$work/root/lib/modules/$release/kernel" && cp "$module" "$work/root/lib/modules/$release/kernel/"
    touch "$work/root/lib/modules/$release/modules.order" "$work/root/lib/modules/$release/modules.builtin"
    mkdir -p "$work/etc" && echo 'search updates built-in' > "$work/etc/depmod.conf"
    depmod -b "$work/root" -C "$work/etc" "$release" 2> "$work/log"
    cut -d: -f1 "$work/root/lib/modules/$release/modules.dep" | grep '/apus_plain\.' | head -n 1
)" = "updates/apus/apus_plain.ko$suffix"
rm -r "$work/root/lib/modules/$release/kernel"
touch "$updates/apus/gone.ko" "$updates/other.ko"
run "make install without a key succeeds" make install KERNELVER="$release"
if [ -e /var/lib/shim-signed/mok/MOK.priv ] || [ -e /var/lib/dkms/mok.key ]; then
    echo "ok - a module that is installed without a key has no signer # SKIP this machine has a key"
else
    says "it says that the modules are not signed" "not signed, so Secure Boot refuses them"
    check "a module that is installed without a key has no signer" \
        test -z "$(modinfo -F signer "$file")"
fi
check "make install removes a module that the tree no longer has" test ! -e "$updates/apus/gone.ko"

# --- Uninstalling ---
run "make uninstall succeeds" make uninstall
says "it names the removed modules" "removed from $work/root/lib/modules/$release: apus_delay"
check "make uninstall leaves only modules of other origin" test "$(installed)" = other
check "make uninstall removes the list of the initramfs" test ! -e "$list"
run "a second make uninstall succeeds" make uninstall
says "it says that no module is installed" "no module of $PWD is installed"
