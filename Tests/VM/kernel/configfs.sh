#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus: memory=512 cpus=1
# Attributes and items of configfs, through the subsystem of apus_selftest.
. ./lib.sh


modprobe apus_selftest
root=/sys/kernel/config/apus_selftest
cd $root || exit 1

# refuses_with PROMISE ERROR COMMAND…: the command must fail with that error message of the shell.
refuses_with() {
    local promise=$1 error=$2 said
    shift 2
    if said=$("$@" 2>&1); then
        echo "not ok - $promise: it was accepted"
    else
        case $said in
        *"$error"*) echo "ok - $promise: ${said##*: }" ;;
        *) echo "not ok - $promise: $said" ;;
        esac
    fi
}
is() { same "$1" "$3" "$2"; }
put() { echo "$2" > "$1"; }

mkdir one
# Kernels with fault injection in configfs have one more group.
faults=
[ -d one/a-group-with-a-name-that-takes-memory ] && faults="a-group-with-a-name-that-takes-memory "
is "an item has its attributes and groups, without those whose condition is false" \
    "$(ls one | tr '\n' ' ')" \
    "${faults}always failures fixed flag hold i16 i32 i64 i8 label limits long number order power span sum torn trigger u16 u32 u64 u8 unsigned "
is "the modes of attributes are 644, read-only 444 and write-only 200" \
    "$(stat -c %a one/number one/fixed one/trigger | tr '\n' ' ')" "644 444 200 "
is "each attribute of a new item has its default value" \
    "$(cat one/number one/flag one/unsigned one/fixed | tr '\n' ' ')" "3 1 0 42 "
put one/number -5
is "an attribute reads back the number -5 that was stored" "$(cat one/number)" -5
put one/number 0x5
is "a hexadecimal number is accepted" "$(cat one/number)" 5
refuses_with "a number above the range is refused with EINVAL" "Invalid argument" put one/number 6
refuses_with "a number below the range is refused with EINVAL" "Invalid argument" put one/number -6
refuses_with "a word is refused with EINVAL by a number attribute" \
    "Invalid argument" put one/number five
refuses_with "an empty value is refused with EINVAL by a number attribute" \
    "Invalid argument" put one/number ""
refuses_with "a number that does not fit 64 bits is refused with ERANGE" \
    "Numerical result out of range" put one/number 99999999999999999999
refuses_with "a negative number is refused with EINVAL by an unsigned attribute" \
    "Invalid argument" put one/unsigned -1
put one/unsigned 18446744073709551615
is "an unsigned attribute reads back the largest number of 64 bits" \
    "$(cat one/unsigned)" 18446744073709551615
refuses_with "a Boolean attribute refuses the word 'perhaps' with EINVAL" \
    "Invalid argument" put one/flag perhaps
put one/flag off
is "a Boolean attribute that is set to 'off' reads as 0" "$(cat one/flag)" 0
is "after refused stores, the attribute has its last accepted value" "$(cat one/number)" 5
refuses_with "a write to a read-only attribute fails with EACCES" \
    "Permission denied" put one/fixed 1
put one/power 1
refuses_with "a store that the item refuses fails with the item's EBUSY" \
    "Device or resource busy" put one/number 1
is "after the refused store, the attribute is unchanged" "$(cat one/number)" 5
put one/power 0
refuses_with "a store that the item fails with ENOSPC fails with ENOSPC" \
    "No space left on device" put one/trigger 28
refuses_with "a store that the item fails with EOPNOTSUPP fails with EOPNOTSUPP" \
    "Operation not supported" put one/trigger 95
is "a text that does not fit a page is cut off at 4095 bytes" "$(wc -c < one/long)" 4095
refuses_with "mkdir of a name that the group refuses fails with the group's EINVAL" \
    "Invalid argument" mkdir .hidden
refuses_with "mkdir of a name that is in use fails with EEXIST" "File exists" mkdir one
mkdir two
put two/number 1
is "two items have separate values of one attribute" \
    "$(cat one/number two/number | tr '\n' ' ')" "5 1 "
refuses_with "rmmod fails while items exist" "in use" rmmod apus_selftest


# Every type of attribute, at the ends of its range and beyond them.
# ends FILE LEAST MOST BELOW ABOVE ERROR: both ends are accepted and read back. The values beyond
# them are refused with the error.
ends() {
    put "one/$1" "$2"
    is "$1 accepts its least value" "$(cat "one/$1")" "$2"
    put "one/$1" "$3"
    is "$1 accepts its largest value" "$(cat "one/$1")" "$3"
    refuses_with "$1 refuses a value below its least one" "$6" put "one/$1" "$4"
    refuses_with "$1 refuses a value above its largest one" "$7" put "one/$1" "$5"
    is "after refused stores, $1 has its last accepted value" "$(cat "one/$1")" "$3"
}
range="Numerical result out of range"
invalid="Invalid argument"
ends i8 -128 127 -129 128 "$range" "$range"
ends i16 -32768 32767 -32769 32768 "$range" "$range"
ends i32 -2147483648 2147483647 -2147483649 2147483648 "$range" "$range"
ends i64 -9223372036854775808 9223372036854775807 -9223372036854775809 9223372036854775808 \
    "$range" "$range"
ends u8 0 255 -1 256 "$invalid" "$range"
ends u16 0 65535 -1 65536 "$invalid" "$range"
ends u32 2 4000000000 1 4000000001 "$invalid" "$invalid"
ends u64 1 18446744073709551600 0 18446744073709551601 "$invalid" "$invalid"
is "an enum attribute reads as the name of its value" "$(cat one/order)" last
put one/order well-shuffled
is "an enum attribute is set by the name of a value" "$(cat one/order)" well-shuffled
printf first > one/order
is "an enum attribute accepts a name without a newline" "$(cat one/order)" first
refuses_with "an enum attribute refuses a part of a name with EINVAL" "$invalid" put one/order firs
refuses_with "an enum attribute refuses a name with a suffix with EINVAL" \
    "$invalid" put one/order first-one
refuses_with "an enum attribute refuses a number with EINVAL" "$invalid" put one/order 1
is "after refused names, the enum attribute is unchanged" "$(cat one/order)" first
put one/label "twelve bytes"
is "a text attribute accepts as many bytes as its capacity" "$(cat one/label)" "twelve bytes"
refuses_with "a text that is longer than the capacity is refused with ENAMETOOLONG" \
    "File name too long" put one/label "thirteen byte"
is "after the refused text, the text attribute is unchanged" "$(cat one/label)" "twelve bytes"
printf '' > one/label
put one/label ""
is "a text attribute accepts an empty text" "$(cat one/label)" ""
put one/span +0x10-26
is "an attribute with a format of its own parses a value in this format" "$(cat one/span)" 10
refuses_with "an attribute with a format of its own refuses another format with EINVAL" \
    "$invalid" put one/span 1-2
refuses_with "an attribute with a format of its own refuses a word for a number with EINVAL" \
    "$invalid" put one/span +1-x
refuses_with "a read of a write-only attribute fails with EACCES" \
    "Permission denied" cat one/trigger

# Default groups of an item.
is "a default group has its attributes, and a default group of its own" \
    "$(cd one/limits && ls -R | tr '\n' ' ')" ".: inner largest  ./inner: smallest "
put one/limits/largest 1099511627776
refuses_with "an attribute of a default group refuses a value above its range with EINVAL" \
    "$invalid" put one/limits/largest 1099511627777
put one/limits/inner/smallest 255
is "attributes of default groups read back the stored values" \
    "$(cat one/limits/largest one/limits/inner/smallest | tr '\n' ' ')" "1099511627776 255 "
is "the default groups of two items have separate values" \
    "$(cat two/limits/largest two/limits/inner/smallest | tr '\n' ' ')" "512 1 "
refuses_with "rmdir of a default group fails with EPERM" "Operation not permitted" rmdir one/limits
refuses_with "mkdir in a default group that makes no items fails with EPERM" \
    "Operation not permitted" mkdir one/limits/more

# A group in which users make items.
is "a default group of the subsystem has its attribute" "$(cat templates/purpose)" test
mkdir templates/mine
put templates/mine/value 4294967295
is "an item that was made in a group has the attributes of its type" \
    "$(cat templates/mine/value)" 4294967295
refuses_with "an item that was made in a group has no attribute of another type" \
    "No such file" cat templates/mine/number
is "the module's count of items and groups is the number of directories" "$(cat alive)" 5
rmdir templates/mine

# Stores to an item, and to its default groups, are serialized.
rounds=50
[ -e /proc/lockdep_stats ] && rounds=5
again() { while [ ! -e /tmp/stop ]; do "$@"; done; }
numbers() { put one/number 1; put one/number 2; }
words() { put one/label some; put one/label other; put one/order last; put one/order first; }
limits() {
    put one/limits/largest 2
    put one/limits/largest 3
    put one/limits/inner/smallest 4
    put one/limits/inner/smallest 5
}
for writer in numbers words limits; do again $writer & done
for ((round = 0; round < rounds; round++)); do put one/hold 2; done
: > /tmp/stop
wait
rm /tmp/stop
is "during each of $rounds slow stores, no attribute of the item or its groups changes" \
    "$(cat one/torn)" 0
add() { for ((round = 0; round < rounds; round++)); do put one/sum 1; done; }
for _ in 1 2 3 4; do add & done
wait
is "$((4 * rounds)) additions by four writers have a sum without a lost update" "$(cat one/sum)" \
    $((4 * rounds))
purposes() { put templates/purpose this; put templates/purpose that; }
again purposes &
for ((round = 0; round < rounds; round++)); do mkdir templates/slow && rmdir templates/slow; done
: > /tmp/stop
wait
rm /tmp/stop
is "while $rounds items are made, no attribute of their group changes" "$(cat templates/torn)" 0
put templates/purpose test
# A store that waits for another store can be killed, and other attributes can be read meanwhile.
# On a busy host the first store may end before the second one begins. Then the test is repeated
# with a longer store.
for time in 3000 30000; do
    put one/hold $time &
    holder=$!
    sleep 0.5
    put one/number 4 &
    waiter=$!
    sleep 0.2
    cat one/number one/limits/largest > /dev/null
    read_meanwhile=$(kill -0 $holder 2> /dev/null && echo meanwhile)
    kill -9 $waiter 2> /dev/null
    wait $waiter
    killed="status $?, $(kill -0 $holder 2> /dev/null && echo before the other ends)"
    wait $holder
    if [ "$killed" = "status 137, before the other ends" ]; then break; fi
    put one/number 1
done
same "attributes can be read while a store is in progress" meanwhile "$read_meanwhile"
same "a writer that waits for another store can be killed" \
    "status 137, before the other ends" "$killed"
same "the writer that was killed has changed no attribute" \
    different "$([ "$(cat one/number)" = 4 ] || echo different)"

# Fault injection, if the kernel has it in configfs.
if [ -n "$faults" ]; then
    inject=one/a-group-with-a-name-that-takes-memory
    is "with the default fault attributes, no fault is injected" "$(cat one/failures)" 0
    put $inject/verbose 0
    put $inject/times 3
    put $inject/probability 100
    is "with times=3, three faults are injected" "$(cat one/failures)" 3
    is "after three faults, the attribute times reads 0" "$(cat $inject/times)" 0
    put $inject/times -1
    put $inject/interval 5
    is "with interval=5, every fifth call fails" "$(cat one/failures)" 2
else
    is "on a kernel without fault injection, no fault is injected" "$(cat one/failures)" 0
fi

is "after the stores, the module's count of items and groups is unchanged" "$(cat alive)" 4

exec 3< two/number 4< two/limits/inner/smallest
rmdir two
refuses_with "a read of an open file of a removed group fails with ENOENT" \
    "No such file or directory" cat <&4
exec 4<&-
is "the default groups end with their item, although a file of them is open" "$(cat alive)" 2
refuses_with "a read of an open file of a removed item fails with ENOENT" \
    "No such file or directory" cat <&3
refuses_with "rmmod fails while a file of a removed item is open" "in use" sh \
    -c "rmdir one; rmmod apus_selftest; status=\$?; exit \$status"
exec 3<&-

# Items are made and removed while other processes read them. The debug kernel takes a second for
# what other kernels do in ten milliseconds.
rounds=1000
[ -e /proc/lockdep_stats ] && rounds=40
# shellcheck disable=SC2016
meddle='for (1 .. $ARGV[0]) {
    mkdir "x$$" or die "mkdir x$$: $!\n";
    for my $path (glob("x*/number x*/limits/inner/smallest")) { if (open(my $file, "<", $path)) { my $text = <$file>; close($file) } }
    open(my $file, ">", "x$$/number") or die "x$$/number: $!\n";
    print($file "2\n") && close($file) or die "x$$/number: $!\n";
    rmdir "x$$" or die "rmdir x$$: $!\n";
}'
for _ in 1 2 3 4; do
    perl -e "$meddle" $rounds || echo "not ok - a process makes, reads and removes items" &
done
wait
is "$((4 * rounds)) items are made and removed under readers, and none is left" \
    "$(ls | tr '\n' ' ')" "alive templates "
is "the module's count of items is 0 afterwards" "$(cat alive)" 0
cd /
rmmod apus_selftest && echo "ok - the module unloads when it has no item"
[ ! -e $root ] && echo "ok - after rmmod, the directory of the subsystem is gone"
