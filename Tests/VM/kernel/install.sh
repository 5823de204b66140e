#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus: memory=512 files=kbuild/install
# What `make install` and `make uninstall` do to a machine that runs. Tests/Host/install.sh looks at
# the files, the compression and the signature.
. ./lib.sh

release=$(uname -r)
directory=/lib/modules/$release
# A tree with one driver, built for this kernel, as `make modules` leaves it.
mkdir -p tree/kbuild tree/Drivers/apus_plain tree/build/mine
cp install tree/kbuild/
cp "$directory/updates/apus_plain.ko" tree/build/mine/
# The image of the VM has the kernel's modules uncompressed. The first that `find` finds becomes one
# as 6.12's are.
own=$(find "$directory/kernel" -name '*.ko' -print -quit)
xz --check=crc32 "$own"
before=$(modinfo -n apus_plain)
rm "$directory/updates/apus_plain.ko"
depmod -a
fails_with "before the installation, modprobe does not find the module" \
    "not found" modprobe apus_plain
holds "kbuild/install succeeds" tree/kbuild/install
installed=$(echo "$directory"/updates/apus/apus_plain.ko*)
same "modinfo finds the installed module" "$installed" "$(modinfo -n apus_plain)"
same "the installed module is compressed like the kernel's own modules" .ko.xz \
    "${installed#"$directory/updates/apus/apus_plain"}"
holds "modprobe loads the installed module" modprobe apus_plain
holds "the installed module makes its disk" test -b /dev/apusplain0
same "a second installation says that the loaded module stays the old one" 1 \
    "$(tree/kbuild/install |
        grep -c 'apus_plain is loaded; the loaded module stays the old one')"
same "the removal says that the module stays loaded" 1 \
    "$(tree/kbuild/install --remove | grep -c 'apus_plain is loaded; it stays until')"
rmmod apus_plain
fails_with "after the removal, modprobe does not find the module" "not found" modprobe apus_plain
holds "after the removal, the directory of the modules is gone" test ! -e "$directory/updates/apus"
cp tree/build/mine/apus_plain.ko "$before"
xz -d "$own.xz"
depmod -a
