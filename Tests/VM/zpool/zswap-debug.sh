#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# zswap with each of our pool types on the debug kernel, under a pressure that this kernel can bear:
# a small memory cgroup, and a smaller pool.
# apus: suite=debug memory=1024 cpus=2 timeout=400 files=scenario.sh,pressure.pl
. ./lib.sh
# shellcheck source=scenario.sh
. ./scenario.sh

set_zswap enabled Y
set_zswap max_pool_percent 1
for type in apus_zbud apus_zblock; do modprobe "zpool-$type" || exit 1; done
small_world 16
for type in apus_zbud apus_zblock; do
    before=$(statistic written_back_pages)
    zswap_row "$type" 48
    written=$(($(statistic written_back_pages) - before))
    if [ $written -gt 0 ]; then
        pass "$type: zswap writes pages back" "$written pages"
    else
        fail "$type: zswap writes pages back" none
    fi
done
for type in apus_zbud apus_zblock; do module_goes "$type" zbud; done
