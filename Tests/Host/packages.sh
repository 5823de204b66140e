#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The Debian packages of `make deb`, made from the modules of build/KERNEL, and the source of DKMS
# in them. DKMS adds the source in directories of the test, and fails with a reason if it cannot
# build. The kernel headers and the Swift compiler are stand-ins of this test, not this machine's.
# (The build of all drivers takes DKMS two minutes, and is the same as `make drivers`.)
set -u
cd "$(dirname "$0")/../.." || exit 2
kernel=${KERNEL:-6.12}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
drivers=$(ls Drivers)
module=build/$kernel/apus_plain.ko
[ -e "$module" ] || { echo "not ok - build/ has modules to pack: no $module"; exit 1; }
release=$(modinfo -F vermagic "$module" | cut -d' ' -f1)
# shellcheck source=Tests/Host/lib.sh
. Tests/Host/lib.sh

# same PROMISE EXPECTED SEEN
same() {
    if [ "$2" = "$3" ]; then
        echo "ok - $1"
    else
        printf 'not ok - %s: this was seen, and then what was expected\n%s\n--\n%s\n' "$1" "$3" "$2"
    fi
}
says() { check "it says: $1" grep -qF -- "$1" "$work/log"; }

# --- The packages ---
mkdir "$work/empty"
refused "kbuild/deb without modules fails" kbuild/deb "$work/empty" "$work/debs"
says "there are no modules in $work/empty: run make modules first"
run "kbuild/deb succeeds" kbuild/deb "build/$kernel" "$work/debs"
version=$(sed -n 's/^## \([0-9.]*\).*/\1/p' CHANGELOG.md | head -n 1)
modules=$work/debs/apus-modules-${release}_${version}_amd64.deb
dkms=$work/debs/apus-dkms_${version}_all.deb
same "kbuild/deb makes two packages" \
    "$(printf '%s\n' "$dkms" "$modules")" "$(ls "$work"/debs/*.deb)"
lintian "$work"/debs/*.changes > "$work/log" 2>&1
check "lintian reads the packages" test $? -le 1
same "lintian reports no error" "" "$(grep '^E:' "$work/log")"
same "lintian reports no warning" "" "$(grep '^W:' "$work/log")"

# --- The modules of a kernel ---
dpkg-deb -R "$modules" "$work/modules"
dpkg-deb -c "$modules" > "$work/log"
check "the modules are in updates/, where modprobe looks first" \
    grep -q " ./lib/modules/$release/updates/apus/apus_plain\.ko" "$work/log"
check "all files of the modules' package belong to root" \
    test "$(awk '$2 != "root/root"' "$work/log" | wc -l)" = 0
same "the package has the module of each driver, and no test module" "$drivers" \
    "$(find "$work/modules" -name '*.ko*' -printf '%f\n' | sed 's/\.ko.*//' | sort)"
same "each packed module has the vermagic of its kernel" "$release" \
    "$(find "$work/modules" -name '*.ko*' -exec modinfo -F vermagic {} \; | cut -d' ' -f1 |
        sort -u)"
same "the modules' package depends on the image of its kernel" \
    "linux-image-$release | linux-image-$release-unsigned" "$(dpkg-deb -f "$modules" Depends)"
same "the modules' package conflicts with apus-dkms" apus-dkms "$(dpkg-deb -f "$modules" Conflicts)"
for script in postinst postrm; do
    check "$script runs depmod for its kernel" \
        grep -q "depmod .*$release" "$work/modules/DEBIAN/$script"
done

# --- The source for DKMS ---
dpkg-deb -R "$dkms" "$work/dkms"
name=apus-$version
source=$work/dkms/usr/src/$name
same "dkms.conf lists each driver" "$drivers" \
    "$(sed -n 's/^BUILT_MODULE_NAME\[[0-9]*\]="\(.*\)"/\1/p' "$source/dkms.conf")"
same "the source for DKMS has neither tests nor the command" \
    "Block BlockMQ CKernel DeviceMapper IREditor Kernel KernelMacros Zpool" \
    "$(cd "$source/Sources" && echo * && find "$source" -name Tests)"
same "the source for DKMS is the same as that of the tree" "" \
    "$(for folder in Drivers Sources/Kernel Sources/CKernel; do diff -rq -x compile_commands.json "$folder" "$source/$folder" 2>&1; done)"
same "the configuration of Swift is a conffile" \
    /etc/apus/swift "$(cat "$work/dkms/DEBIAN/conffiles")"
check "a new configuration of Swift names no directory" \
    test -z "$(sed '/^#/d' "$work/dkms/etc/apus/swift")"
same "the package records the directory of swiftc" "$(dirname "$(command -v swiftc)")" \
    "$(cat "$source/swift-directory")"

# A driver that is not in the list of the others, and a file for editors, in a copy of the tree.
mkdir "$work/tree"
cp -a kbuild Drivers Sources Makefile LICENSE CHANGELOG.md "$work/tree/"
mkdir "$work/tree/Drivers/apus_planted"
touch "$work/tree/Drivers/apus_planted/compile_commands.json"
run "dkms-tree succeeds with one more driver" "$work/tree/kbuild/dkms-tree" "$work/more"
check "dkms.conf lists the additional driver" grep -q '="apus_planted"' "$work/more/$name/dkms.conf"
same "the source for DKMS has no compile_commands.json" \
    "" "$(find "$work/more" -name compile_commands.json)"

# --- DKMS ---
# Planted headers of a kernel that no machine has, so that DKMS does not find the key of this one.
planted=1.2.3-planted
headers=$work/headers
mkdir -p "$headers/include/generated" "$work/lib/$planted" "$work/var"
touch "$headers/Makefile" "$headers/.config" "$headers/Module.symvers"
echo "#define UTS_RELEASE \"$planted\"" > "$headers/include/generated/utsrelease.h"
# A Swift that fails, and leaves a module behind.
mkdir -p "$work/swift/bin" "$work/swift/lib/swift/host"
cat > "$work/swift/bin/swiftc" <<'END'
#!/bin/sh
if [ "$1" = --version ]; then echo 'Swift version 6.3.1'; exit 0; fi
mkdir -p build/drivers && : > build/drivers/apus_plain.ko
echo 'the planted compiler fails' >&2
exit 1
END
chmod +x "$work/swift/bin/swiftc"
cp "$work/swift/bin/swiftc" "$work/swift/bin/swift"
export APUS_SWIFT_FILE=$work/etc-swift
run_dkms() {
    local command=$1
    shift
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin APUS_SWIFT_FILE="$APUS_SWIFT_FILE" \
        /usr/sbin/dkms "$command" \
        --dkmstree "$work/var" --sourcetree "$work/dkms/usr/src" --installtree "$work/lib" -m apus \
        -v "$version" "$@"
}
# What dpkg runs hides the standard output of DKMS.
build() { run_dkms build -k "${1:-$planted}" --kernelsourcedir "${2:-$headers}" > /dev/null; }
# left: the modules that a build leaves, in DKMS's own folders or elsewhere.
left() { find "$work/var" "$work/lib" -name '*.ko*'; }

run "dkms add succeeds" run_dkms add
check "dkms status lists the source as added" grep -q "^apus/$version: added" <(run_dkms status)
refused "dkms build without kernel headers fails" build 1.2.4-planted "$work/none"
says "Your kernel headers for kernel 1.2.4-planted cannot be found"
mv "$headers/Module.symvers" "$work/away"
refused "dkms build with incomplete kernel headers fails" build
says "apus: the headers of the kernel $planted are missing, there is no $headers/Module.symvers: install linux-headers-$planted"
mv "$work/away" "$headers/Module.symvers"
refused "dkms build with the headers of another kernel fails" build 1.2.4-planted
says "apus: the headers in $headers are those of the kernel $planted, not of 1.2.4-planted: install linux-headers-1.2.4-planted"

printf '# a comment\n\n%s \n' "$work/empty" > "$work/etc-swift"
refused "dkms build without Swift in the configured directory fails" build
says "apus: there is no $work/empty/swiftc, which is where $work/etc-swift had it: install Swift 6.3 or later, and write the directory of its swiftc into $work/etc-swift"
rm "$work/etc-swift"
mv "$source/swift-directory" "$work/away"
echo "$work/empty" > "$source/swift-directory"
refused "dkms build without a configuration and without Swift in the recorded directory fails" build
says "there is no $work/empty/swiftc, which is where the PATH of 'make dkms' had it"
mv "$work/away" "$source/swift-directory"
echo "$work/swift/bin" > "$work/etc-swift"
for place in apus dkms; do
    remedy="dkms remove apus/VERSION --all"
    [ $place != apus ] || remedy="make uninstall"
    mkdir -p "$work/lib/$planted/updates/$place"
    touch "$work/lib/$planted/updates/$place/apus_zero.ko.xz"
    refused "dkms build with a module in updates/$place fails" build
    says "updates/$place/apus_zero.ko.xz, of another installation: take it away first, by '$remedy'"
    rm -r "$work/lib/$planted/updates"
done
refused "dkms build with a failing Swift compiler fails" build
says "Bad return status for module build on kernel: $planted"
cp "$work/var/apus/$version/build/make.log" "$work/log"
says "the planted compiler fails"
says "apus: the modules for the kernel $planted could not be built; the reason is above"
same "no failed dkms build leaves a module" "" "$(left)"

# Packages that are missing, with a dpkg-query that knows none but make.
mkdir "$work/bin"
printf '#!/bin/sh\nprintf "make=installed "\n' > "$work/bin/dpkg-query"
# In place of an installation, this apt-get prints that it was called.
printf '#!/bin/sh\necho "apt-get was called" >&2\n' > "$work/bin/apt-get"
cp "$work/bin/apt-get" "$work/bin/sudo"
chmod +x "$work"/bin/*
refused "make setup with APUS_SETUP=check fails if packages are missing" \
    env PATH="$work/bin:$work/swift/bin:$PATH" \
    make -C "$source" setup APUS_SETUP=check SWIFTC=swiftc
says "missing: gcc binutils libc6-dev libelf1 (kbuild/setup --modules installs them)"
check "make setup with APUS_SETUP=check installs no package" \
    test "$(grep -c 'apt-get was called' "$work/log")" = 0
