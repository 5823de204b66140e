#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How much memory objects of the sizes of real compressed pages take in apus_zblock, zsmalloc and
# apus_zbud.
# apus: suite=vm memory=768 cpus=2 timeout=300 files=Tests/Traces/lzo.txt,Tests/Traces/lz4.txt,Tests/Traces/zstd.txt
#
# The traces do not have pages that repeat one word, or that do not become smaller. They only note
# how many there were. zswap keeps the former without an object. It rejects the latter, or the pool
# refuses them for their size (pools.sh). No pool stores either kind.
. ./lib.sh

modprobe apus_pool_test tests=0 || exit 1
parameters=/sys/module/apus_pool_test/parameters

# write_sizes ALGORITHM SOURCE: makes an object of each size. Each write is less than a page, the
# limit of a parameter.
write_sizes() {
    echo 1 > $parameters/reset
    while read -r line; do
        printf '%s\n' "$line" > $parameters/sizes || exit 1
    done < <(sed -n "s/^$2 //p" "$1.txt" |
        paste -d ' ' - - - - - - - - - - - - - - - - - - - - - - - -)
}
# times N COMMAND
times() { for _ in $(seq "$1"); do echo 1 > $parameters/"$2" || exit 1; done; }
# measure: reads the report into $stored, $zblock, $zsmalloc, $zbud (in bytes), $refused and
# $objects.
measure() {
    read -r stored _ zblock _ zsmalloc _ zbud _ refused _ objects _ alone < $parameters/pages
}
percent() { awk -v a="$stored" -v b="$1" 'BEGIN { printf "%.1f %%", 100 * a / b }'; }
# ideal ALGORITHM SOURCE: the bytes that the objects would take in ideal slabs: the best number of
# pages for each size (at most 8), no header, and all slots full. The result is millionths of the
# stored bytes.
ideal() {
    sed -n "s/^$2 //p" "$1.txt" | tr ' ' '\n' | awk '
        !($1 in best) { for (pages = 1; pages <= 8; pages++) { slots = int(pages * 4096 / $1); if (slots > 64) slots = 64; if (slots && (!best[$1] || pages * 4096 / slots < best[$1])) best[$1] = pages * 4096 / slots } }
        { stored += $1; taken += best[$1] }
        END { printf "%d\n", 1000000 * taken / stored }'
}

# figures: the stored bytes as a share of what each pool takes. zbud refuses objects that leave no
# chunk of a page, so none of its pages has them.
figures() {
    printf '# %s: %s objects, %s bytes are %s of zblock, %s of zsmalloc' "$1" "$objects" "$stored" \
        "$(percent "$zblock")" "$(percent "$zsmalloc")"
    if [ "$refused" = 0 ]; then
        printf ', %s of zbud\n' "$(percent "$zbud")"
    else
        printf '; zbud refused %s\n' "$refused"
    fi
}

for source in machine build database text compressed; do
    # As many objects as pools of some tens of megabytes have. apus_zblock alone gets so many more
    # that the last slab of each class, which is half empty, does not matter.
    some=20000 many=40000
    if [ $source = machine ]; then some=30000 many=120000; fi
    for algorithm in lzo lz4 zstd; do
        what="$source, $algorithm"
        sed -n "s/^# $source:/# $what:/p" $algorithm.txt
        count=$(sed -n "s/^$source //p" $algorithm.txt | wc -w)
        write_sizes $algorithm $source
        times $((some / count - 1)) again
        measure
        figures "$what"
        # The other sources use as many classes, but have too few objects.
        [ $source != machine ] ||
            between "$what: apus_zblock takes no more memory than zsmalloc" \
                1 "$zsmalloc" "$zblock" bytes
        echo 1 > $parameters/thin
        measure
        figures "$what, half freed"
        # Data that is already compressed yields hardly any objects. The figures show what these are
        # like.
        [ $source != compressed ] || continue
        between "$what: half freed at random: apus_zblock takes no more memory than zsmalloc" 1 \
            "$zsmalloc" "$zblock" bytes
        write_sizes $algorithm $source
        times $((many / count - 1)) alone
        measure
        stored=$((stored + alone))
        printf '# %s: %s objects, %s bytes are %s of zblock\n' "$what" "$objects" "$stored" \
            "$(percent "$zblock")"
        between "$what: a large apus_zblock pool: ideal slabs take at least 97 % of its memory" \
            $((zblock / 100 * 97)) "$zblock" \
            $((stored * $(ideal $algorithm $source) / 1000000)) bytes
        [ $source != machine ] ||
            between "$what: a large apus_zblock pool: stored bytes take at least 97 % of it" \
                $((zblock / 100 * 97)) "$zblock" \
            "$stored" bytes
    done
done
echo 1 > $parameters/reset
measure
same "after a reset, no allocator has a page" "0 0 0" "$zblock $zsmalloc $zbud"
unloads apus_pool_test none
