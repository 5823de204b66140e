# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the scripts zswap-*.sh: one scenario for any zswap pool type.

parameters=/sys/module/zswap/parameters
statistics=/sys/kernel/debug/zswap

set_zswap() { printf '%s\n' "$2" > $parameters/"$1"; }

# statistic NAME: a counter of zswap.
statistic() { cat $statistics/"$1"; }

# pool_bytes: the size of the pools.
pool_bytes() { statistic pool_total_size; }

# swap_on: enables swap on a file of the root image.
swap_on() {
    if [ ! -e /swapfile ]; then
        fallocate -l 460M /swapfile
        chmod 600 /swapfile
        mkswap -q /swapfile > /dev/null
    fi
    swapon /swapfile
}

# seen TYPE WHEN: prints zswap's counters as a line of the test's log.
seen() {
    local name line=
    for name in stored_pages pool_total_size written_back_pages reject_alloc_fail \
        reject_compress_poor reject_reclaim_fail pool_limit_hit; do
        if [ -e $statistics/$name ]; then line="$line $name=$(statistic $name)"; fi
    done
    printf '# %s, %s:%s\n' "$1" "$2" "$line"
}

# start_pressure MEBIBYTES CHECKS: starts two processes, each with half of the memory. Their output
# is in pressure.0 and pressure.1.
start_pressure() {
    for seed in 0 1; do
        perl pressure.pl $(($1 / 2)) $seed "$2" > pressure.$seed 2>&1 &
        pressure[seed]=$!
    done
}

# end_pressure PROMISE: waits for both processes. Holds if each found all of its pages right.
end_pressure() {
    local seed what=
    for seed in 0 1; do
        wait "${pressure[seed]}" || what="$what status $? of ${pressure[seed]},"
        what="$what $(tail -n 1 pressure.$seed)"
    done
    same "$1" " $pages pages right $pages pages right" "$what"
}

filled() { grep -q filled pressure.0 && grep -q filled pressure.1; }

# until_filled: waits until both processes have all of their pages.
until_filled() {
    until filled; do
        kill -0 "${pressure[0]}" 2> /dev/null && kill -0 "${pressure[1]}" 2> /dev/null || break
        sleep 0.5
    done
}

# module_goes TYPE OTHER: with no page stored, the pool ends when another type is in use, and its
# module can be unloaded.
module_goes() {
    local type=$1
    unused() { [ "$(awk -v name="$type" '$1 == name { print $3 }' /proc/modules)" = 0 ]; }
    same "after swapoff, zswap stores no page" 0 "$(statistic stored_pages)"
    set_zswap zpool "$2"
    holds "an empty pool is destroyed when zswap uses another type" soon unused
    same "rmmod of the pool type then succeeds" "" "$(rmmod "$type" 2>&1)"
    same "rmmod leaves nothing of the pool type" "nothing" "$(leftovers "$type" none)"
}

# zswap_scenario TYPE OTHER: the whole scenario.
zswap_scenario() {
    local type=$1 other=$2 mebibytes before stored
    mebibytes=$(($(meminfo MemTotal) / 1024))
    echo 100 > /proc/sys/vm/swappiness
    same "the module of the pool type is not loaded at first" "" "$(lsmod | grep "^$type ")"
    # When zswap is enabled, it looks for the type, and uses another one if the type does not exist.
    set_zswap enabled Y
    holds "zswap accepts the pool type $type by its name" set_zswap zpool "$type"
    same "setting the pool type loads its module" "$type" \
        "$(lsmod | awk -v name="$type" '$1 == name { print $1 }')"
    same "zswap uses the pool type that was set" "$type" "$(cat $parameters/zpool)"

    # --- Without a limit, so that there is no writeback ---
    set_zswap max_pool_percent 90
    swap_on
    start_pressure $((mebibytes * 9 / 8)) 1
    pages=$((mebibytes * 9 / 16 * 256))
    until_filled
    seen "$type" "filled"
    fails_with "rmmod of the pool type fails while zswap uses a pool of it" \
        "is in use" rmmod "$type"
    end_pressure "each byte reads back as it was written"
    holds "swapoff succeeds" swapoff /swapfile
    module_goes "$type" "$other"

    # --- Twice the memory, and a limit ---
    set_zswap zpool "$type"
    set_zswap max_pool_percent 25
    swap_on
    before=$(statistic written_back_pages)
    start_pressure $((mebibytes * 2)) 1
    pages=$((mebibytes * 256))
    until_filled
    stored=$(statistic stored_pages)
    seen "$type" "filled"
    if [ "$stored" -gt 2000 ]; then
        pass "zswap stores pages in the pool" "$stored pages"
    else
        fail "zswap stores pages in the pool" "$stored pages"
    fi
    between "the size of the pool is within the limit of zswap" 4096 \
        $((mebibytes * 1024 * 1024 * 27 / 100)) "$(pool_bytes)" bytes
    # A pool that is no longer in use exists until its last object is freed.
    set_zswap zpool "$other"
    set_zswap compressor lz4
    sleep 2
    set_zswap zpool "$type"
    sleep 2
    set_zswap compressor lzo
    end_pressure "each byte reads back after the type and the compressor changed under pressure"
    seen "$type" "checked"
    if [ "$(statistic written_back_pages)" -gt "$before" ]; then
        pass "zswap writes pages back when its pool is at the limit" \
            "$(($(statistic written_back_pages) - before)) pages"
    else
        fail "zswap writes pages back when its pool is at the limit" "none"
    fi

    # --- swapoff under pressure ---
    # One of the two processes ends when both have their pages, so that the other one's swapped
    # pages fit into memory.
    start_pressure $((mebibytes * 9 / 8)) 2
    pages=$((mebibytes * 9 / 16 * 256))
    until_filled
    kill "${pressure[1]}"
    wait "${pressure[1]}"
    holds "swapoff succeeds under pressure" swapoff /swapfile
    wait "${pressure[0]}"
    same "after swapoff, each byte reads back as it was written" \
        "$pages pages right" "$(tail -n 1 pressure.0)"
    seen "$type" "without swap"
    case $(uname -r) in
    # Until 6.7 a store that meets the limit while the shrinker is queued leaks a reference to the
    # pool, whatever its type is.
    6.1.*) same "after swapoff, zswap stores no page" 0 "$(statistic stored_pages)" ;;
    *) module_goes "$type" "$other" ;;
    esac
}

# The sum of zswap's rejections since boot. Some kernels lack some of these counters.
rejections() { cat $statistics/reject_* | awk '{ sum += $1 } END { print sum }'; }

# small_world MEBIBYTES: limits the memory of this script and its children with a cgroup, so that
# a small workload makes much pressure.
small_world() {
    mkdir -p /tmp/cgroup
    mount -t cgroup2 none /tmp/cgroup
    echo +memory > /tmp/cgroup/cgroup.subtree_control
    mkdir /tmp/cgroup/small
    echo "$1M" > /tmp/cgroup/small/memory.max
    echo $$ > /tmp/cgroup/small/cgroup.procs
}

# zswap_row TYPE MEBIBYTES: applies the pressure, prints a row of the table, and checks each byte.
zswap_row() {
    local type=$1 mebibytes=$2 rejected written stored bytes
    set_zswap zpool "$type"
    same "zswap uses $type, which was set" "$type" "$(cat $parameters/zpool)"
    swap_on
    rejected=$(rejections)
    written=$(statistic written_back_pages)
    start_pressure "$mebibytes" 1
    pages=$((mebibytes * 128))
    until_filled
    stored=$(statistic stored_pages)
    bytes=$(pool_bytes)
    end_pressure "$type: each byte reads back as it was written"
    printf '# %-12s %6s pages stored in %9s bytes, %4s bytes each; %6s rejected, %6s written back\n' "$type" "$stored" "$bytes" \
        $((bytes / (stored > 0 ? stored : 1))) $(($(rejections) - rejected)) \
        $(($(statistic written_back_pages) - written))
    if [ "$stored" -gt 1000 ]; then
        pass "$type: zswap stores pages in the pool" "$stored pages"
    else
        fail "$type: zswap stores pages in the pool" "$stored pages"
    fi
    # The swap slot caches may keep some slots of processes that have ended. swapoff empties them.
    holds "$type: swapoff succeeds" swapoff /swapfile
    same "$type: after swapoff, zswap stores no page" 0 "$(statistic stored_pages)"
}
