#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# zswap with an allocator whose registration ends while there is a pool of it, and which tries to
# evict objects that zswap does not have.
# apus: suite=vm memory=512 cpus=2 timeout=300 files=scenario.sh,pressure.pl
# differs: which code evicts objects: the allocator until 6.7, zswap from then on
. ./lib.sh
# shellcheck source=scenario.sh
. ./scenario.sh

modprobe apus_pool_test tests=0 || exit 1
offer=/sys/module/apus_pool_test/parameters/offer
set_zswap enabled Y
other=$(cat $parameters/zpool)
echo 1 > $offer
holds "zswap accepts apus_odd as its pool type" set_zswap zpool apus_odd
same "zswap uses apus_odd" apus_odd "$(cat $parameters/zpool)"

# --- The allocator evicts an object that zswap was never given ---
small_world 16
swap_on
start_pressure 32 1
pages=$((32 * 128))
until_filled
end_pressure "each byte reads back as it was written"
holds "swapoff succeeds" swapoff /swapfile
case $(uname -r) in
6.1.*)
    refused() { dmesg | grep -q 'an object that was not given away is not evicted'; }
    holds "the library refuses to evict an object that zswap was not given" soon refused
    ;;
esac

# --- The registration ends before the pool ---
echo 0 > $offer
same "the log reports that the registration ends before its pool" 1 \
    "$(dmesg | grep -c 'a pool of an allocator is in use')"
set_zswap zpool "$other"
holds "after the registration ended, zswap still accepts apus_odd" set_zswap zpool apus_odd
echo 1 > $offer
set_zswap zpool "$other"
echo 0 > $offer
# After a registration has ended, the kernel must not use it any more. The next registration gets
# its memory.
for _ in 1 2 3; do echo 1 > $offer && echo 0 > $offer; done
echo 1 > $offer
holds "after four more registrations, zswap accepts apus_odd" set_zswap zpool apus_odd
set_zswap zpool "$other"
echo 0 > $offer
case $(uname -r) in
# As in the scenario: a store that meets the limit may leak a reference to the pool.
6.1.*) ;;
*)
    unused() { [ "$(awk '$1 == "apus_pool_test" { print $3 }' /proc/modules)" = 0 ]; }
    holds "the pool is destroyed when zswap uses another type" soon unused
    unloads apus_pool_test none
    refuses "after the module is unloaded, zswap refuses apus_odd" set_zswap zpool apus_odd
    ;;
esac
