#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# zswap with each of the kernel's pool types and of ours, under the same memory pressure. Prints a
# table that compares them.
# apus: suite=vm memory=224 cpus=2 timeout=300 files=scenario.sh,pressure.pl
. ./lib.sh
# shellcheck source=scenario.sh
. ./scenario.sh

set_zswap enabled Y
set_zswap max_pool_percent 6
# Loaded now, because modprobe needs more memory than the cgroup allows later.
for type in zbud z3fold zsmalloc apus_zbud apus_zblock; do modprobe "zpool-$type" 2> /dev/null; done
small_world 16
for type in zbud z3fold zsmalloc apus_zbud apus_zblock; do
    set_zswap zpool "$type" 2> /dev/null
    if [ "$(cat $parameters/zpool)" = "$type" ]; then
        zswap_row "$type" 32
    elif [ "${type#apus_}" != "$type" ]; then
        fail "$type: each byte reads back as it was written" "zswap does not take it"
    else
        skip "$type: each byte reads back as it was written" "this kernel has no $type"
    fi
done
