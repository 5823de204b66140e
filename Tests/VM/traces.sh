#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How much memory objects of the sizes of real compressed pages take, in apus_zblock, zsmalloc and apus_zbud.
# apus: suite=vm memory=768 cpus=2 timeout=300 files=Tests/Traces/lzo.txt,Tests/Traces/lz4.txt,Tests/Traces/zstd.txt
. ./lib.sh

modprobe apus_pool_test rounds=1 || exit 1
parameters=/sys/module/apus_pool_test/parameters

# write_sizes ALGORITHM: an object of each size; each part is less than the page that a parameter may be.
write_sizes() {
    echo 1 > $parameters/reset
    while read -r line; do printf '%s\n' "$line" > $parameters/sizes || exit 1; done < <(paste -d ' ' - - - - - - - - - - - - - - - - - - - - - - - - < "$1.txt")
}
# times N COMMAND
times() { for _ in $(seq "$1"); do echo 1 > $parameters/"$2" || exit 1; done; }
# measure: reads the report into $stored, $zblock, $zsmalloc, $zbud (bytes), $objects.
measure() { read -r stored _ zblock _ zsmalloc _ zbud _ _ _ objects _ alone < $parameters/pages; }
percent() { awk -v a="$stored" -v b="$1" 'BEGIN { printf "%.1f %%", 100 * a / b }'; }

for algorithm in lzo lz4 zstd; do
    # As many objects as a pool of some ten megabytes has.
    write_sizes $algorithm
    times 9 again
    measure
    printf '# %s: %s objects, %s bytes are %s of zblock, %s of zsmalloc, %s of zbud\n' $algorithm "$objects" "$stored" \
        "$(percent "$zblock")" "$(percent "$zsmalloc")" "$(percent "$zbud")"
    between "$algorithm: apus_zblock takes no more than zsmalloc" 1 "$zsmalloc" "$zblock" bytes
    echo 1 > $parameters/thin
    measure
    printf '# %s, half freed: %s objects, %s bytes are %s of zblock, %s of zsmalloc, %s of zbud\n' $algorithm "$objects" "$stored" \
        "$(percent "$zblock")" "$(percent "$zsmalloc")" "$(percent "$zbud")"
    between "$algorithm: nor when half of the objects were freed at random" 1 "$zsmalloc" "$zblock" bytes
    # What a class has in its last block, which is half empty, counts less the more objects there are.
    write_sizes $algorithm
    times 39 alone
    measure
    stored=$((stored + alone))
    printf '# %s: %s objects, %s bytes are %s of zblock\n' $algorithm "$objects" "$stored" "$(percent "$zblock")"
    between "$algorithm: once it is large, 97 parts in 100 of it are stored bytes" $((zblock / 100 * 97)) "$zblock" "$stored" bytes
done
echo 1 > $parameters/reset
measure
same "no page is left when they have gone" "0 0 0" "$zblock $zsmalloc $zbud"
unloads apus_pool_test none
