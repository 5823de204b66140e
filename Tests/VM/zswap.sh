# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the scripts zswap-*.sh: one scenario for any pool type of zswap.

parameters=/sys/module/zswap/parameters
statistics=/sys/kernel/debug/zswap

set_zswap() { printf '%s\n' "$2" > $parameters/"$1"; }

# statistic NAME: a counter of zswap's.
statistic() { cat $statistics/"$1"; }

# pool_bytes: what the pools take.
pool_bytes() { statistic pool_total_size; }

# swap_on, swap_off: a file of the root image.
swap_on() {
    if [ ! -e /swapfile ]; then
        fallocate -l 460M /swapfile
        chmod 600 /swapfile
        mkswap -q /swapfile > /dev/null
    fi
    swapon /swapfile
}

# seen TYPE WHEN: what zswap says now, as a line of the log of this test.
seen() {
    local name line=
    for name in stored_pages pool_total_size written_back_pages reject_alloc_fail reject_compress_poor reject_reclaim_fail pool_limit_hit; do
        if [ -e $statistics/$name ]; then line="$line $name=$(statistic $name)"; fi
    done
    printf '# %s, %s:%s\n' "$1" "$2" "$line"
}

# start_pressure MEBIBYTES CHECKS: two processes, each with half of it. Their output is in pressure.0 and pressure.1.
start_pressure() {
    for seed in 0 1; do
        perl pressure.pl $(($1 / 2)) $seed "$2" > pressure.$seed 2>&1 &
        pressure[seed]=$!
    done
}

# end_pressure PROMISE: waits for both; each has seen its pages right.
end_pressure() {
    local seed what=
    for seed in 0 1; do
        wait "${pressure[seed]}" || what="$what status $? of ${pressure[seed]},"
        what="$what $(tail -n 1 pressure.$seed)"
    done
    same "$1" " $pages pages right $pages pages right" "$what"
}

filled() { grep -q filled pressure.0 && grep -q filled pressure.1; }

# zswap_scenario TYPE OTHER: all of it.
zswap_scenario() {
    local type=$1 other=$2 size=$3 before stored
    size=${size:-$(($(meminfo MemTotal) * 2 / 1024 / 2 * 2))}
    pages=$((size / 2 * 256))
    local mib=$size
    echo 100 > /proc/sys/vm/swappiness
    same "the module is not there yet" "" "$(lsmod | grep "^$type ")"
    set_zswap enabled Y
    set_zswap max_pool_percent 25
    holds "zswap takes $type by its name" set_zswap zpool "$type"
    same "and this loads the module" "$type" "$(lsmod | awk -v name="$type" '$1 == name { print $1 }')"
    same "it is the one in use" "$type" "$(cat $parameters/zpool)"
    swap_on

    # --- Pressure ---
    before=$(statistic written_back_pages)
    start_pressure "$mib" 1
    until filled; do
        kill -0 "${pressure[0]}" 2> /dev/null && kill -0 "${pressure[1]}" 2> /dev/null || break
        sleep 0.5
    done
    stored=$(statistic stored_pages)
    seen "$type" "filled"
    if [ "$stored" -gt 2000 ]; then pass "zswap stores pages in it" "$stored pages"; else fail "zswap stores pages in it" "$stored pages"; fi
    between "in as much memory as it counts, within its limit" 4096 $(($(meminfo MemTotal) * 1024 * 27 / 100)) "$(pool_bytes)" bytes
    fails_with "a module whose pool is in use stays" "is in use" rmmod "$type"
    # The pool that is left stays until its last object has gone.
    set_zswap zpool "$other"
    set_zswap compressor lz4
    sleep 2
    set_zswap zpool "$type"
    sleep 2
    set_zswap compressor lzo
    end_pressure "each byte comes back, with the type and the compressor changed under pressure"
    seen "$type" "checked"

    # --- Writeback and swapoff ---
    if [ "$(statistic written_back_pages)" -gt "$before" ]; then
        pass "pages were written back to make room" "$(($(statistic written_back_pages) - before)) pages"
    else
        fail "pages were written back to make room" "none"
    fi
    start_pressure $((mib * 3 / 8)) 2
    pages=$((mib * 3 / 8 / 2 * 256))
    until filled; do
        kill -0 "${pressure[0]}" 2> /dev/null && kill -0 "${pressure[1]}" 2> /dev/null || break
        sleep 0.5
    done
    holds "swapoff under pressure" swapoff /swapfile
    end_pressure "each byte is there still"
    seen "$type" "without swap"

    # --- The end ---
    same "no page is left" 0 "$(statistic stored_pages)"
    set_zswap zpool "$other"
    unused() { [ "$(awk -v name="$type" '$1 == name { print $3 }' /proc/modules)" = 0 ]; }
    holds "the pools go when nothing is in them" soon unused
    holds "and the module after them" rmmod "$type"
    refuses "then there is no such type" test -e "/sys/module/$type"
}
