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
is "an item has its attributes and groups, and not those whose condition is false" \
    "$(ls one | tr '\n' ' ')" \
    "${faults}always failures fixed flag hold i16 i32 i64 i8 label limits long number order power span sum torn trigger u16 u32 u64 u8 unsigned "
is "modes say what can be read and written" \
    "$(stat -c %a one/number one/fixed one/trigger | tr '\n' ' ')" "644 444 200 "
is "a setting has its default" "$(cat one/number one/flag one/unsigned one/fixed | tr '\n' ' ')" \
    "3 1 0 42 "
put one/number -5
is "a setting is set" "$(cat one/number)" -5
put one/number 0x5
is "hexadecimal is understood" "$(cat one/number)" 5
refuses_with "a number above the range is refused" "Invalid argument" put one/number 6
refuses_with "a number below the range is refused" "Invalid argument" put one/number -6
refuses_with "a word is refused" "Invalid argument" put one/number five
refuses_with "an empty value is refused" "Invalid argument" put one/number ""
refuses_with "a number beyond 64 bits is refused" "Numerical result out of range" put one/number \
    99999999999999999999
refuses_with "a negative number is refused where none can be" "Invalid argument" put one/unsigned -1
put one/unsigned 18446744073709551615
is "the largest number survives" "$(cat one/unsigned)" 18446744073709551615
refuses_with "a word is not yes or no" "Invalid argument" put one/flag perhaps
put one/flag off
is "off is no" "$(cat one/flag)" 0
is "a refused value changed nothing" "$(cat one/number)" 5
refuses_with "a read-only attribute cannot be written" "Permission denied" put one/fixed 1
put one/power 1
refuses_with "the item can refuse a change" "Device or resource busy" put one/number 1
is "and the setting stays" "$(cat one/number)" 5
put one/power 0
refuses_with "an error of the item's reaches the writer" "No space left on device" put one/trigger \
    28
refuses_with "another one too" "Operation not supported" put one/trigger 95
is "what does not fit a page is cut off" "$(wc -c < one/long)" 4095
refuses_with "mkdir gets the item's error" "Invalid argument" mkdir .hidden
refuses_with "a second item of that name is refused" "File exists" mkdir one
mkdir two
put two/number 1
is "items have their own settings" "$(cat one/number two/number | tr '\n' ' ')" "5 1 "
refuses_with "the module is not unloaded while there are items" "in use" rmmod apus_selftest


# Every type of attribute, at the ends of its range and beyond them.
# ends FILE LEAST MOST BELOW ABOVE ERROR: both ends are accepted and read back. The values beyond
# them are refused with the error.
ends() {
    put "one/$1" "$2"
    is "$1 takes its least value" "$(cat "one/$1")" "$2"
    put "one/$1" "$3"
    is "$1 takes its largest value" "$(cat "one/$1")" "$3"
    refuses_with "$1 refuses a value below" "$6" put "one/$1" "$4"
    refuses_with "$1 refuses a value above" "$7" put "one/$1" "$5"
    is "$1 is as it was" "$(cat "one/$1")" "$3"
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
is "a named value reads as its name" "$(cat one/order)" last
put one/order well-shuffled
is "a named value is set by name" "$(cat one/order)" well-shuffled
printf first > one/order
is "without a newline too" "$(cat one/order)" first
refuses_with "a name that no value has is refused" "$invalid" put one/order firs
refuses_with "so is a longer one" "$invalid" put one/order first-one
refuses_with "so is a number" "$invalid" put one/order 1
is "and the value stays" "$(cat one/order)" first
put one/label "twelve bytes"
is "a text is set, up to its capacity" "$(cat one/label)" "twelve bytes"
refuses_with "a longer text is refused" "File name too long" put one/label "thirteen byte"
is "and the text stays" "$(cat one/label)" "twelve bytes"
printf '' > one/label
put one/label ""
is "a text can be empty" "$(cat one/label)" ""
put one/span +0x10-26
is "an attribute can have a form of its own" "$(cat one/span)" 10
refuses_with "which refuses what it is not" "$invalid" put one/span 1-2
refuses_with "a part of it that is no number too" "$invalid" put one/span +1-x
refuses_with "an attribute that can only be written is not read" "Permission denied" cat one/trigger

# Default groups of an item.
is "a group has its attributes, and a group of its own" "$(cd one/limits && ls -R | tr '\n' ' ')" \
    ".: inner largest  ./inner: smallest "
put one/limits/largest 1099511627776
refuses_with "a group's attribute has its range" "$invalid" put one/limits/largest 1099511627777
put one/limits/inner/smallest 255
is "groups' attributes are set" \
    "$(cat one/limits/largest one/limits/inner/smallest | tr '\n' ' ')" "1099511627776 255 "
is "each item has groups of its own" \
    "$(cat two/limits/largest two/limits/inner/smallest | tr '\n' ' ')" "512 1 "
refuses_with "a group is not removed on its own" "Operation not permitted" rmdir one/limits
refuses_with "nothing is made in one that makes nothing" "Operation not permitted" mkdir \
    one/limits/more

# A group in which users make items.
is "a group of the root has its attribute" "$(cat templates/purpose)" test
mkdir templates/mine
put templates/mine/value 4294967295
is "what is made in a group has its own attributes" "$(cat templates/mine/value)" 4294967295
refuses_with "an item's kind is its group's" "No such file" cat templates/mine/number
is "the items in memory are those that there are, and their groups" "$(cat alive)" 5
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
is "in $rounds stores that took their time, no other setting changed, nor one of a group's" \
    "$(cat one/torn)" 0
add() { for ((round = 0; round < rounds; round++)); do put one/sum 1; done; }
for _ in 1 2 3 4; do add & done
wait
is "of $((4 * rounds)) stores by four writers none lost what another had set" "$(cat one/sum)" \
    $((4 * rounds))
purposes() { put templates/purpose this; put templates/purpose that; }
again purposes &
for ((round = 0; round < rounds; round++)); do mkdir templates/slow && rmdir templates/slow; done
: > /tmp/stop
wait
rm /tmp/stop
is "while $rounds items were made, no setting of what they were made in changed" \
    "$(cat templates/torn)" 0
put templates/purpose test
# A store that waits for another store can be killed, and other attributes can be read meanwhile.
# On a busy host the first store may end before the second one begins: then it takes longer.
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
same "attributes are read while one is being stored" meanwhile "$read_meanwhile"
same "a store that waits for another can be killed" "status 137, before the other ends" "$killed"
same "and then has set nothing" different "$([ "$(cat one/number)" = 4 ] || echo different)"

# Fault injection, if the kernel has it in configfs.
if [ -n "$faults" ]; then
    inject=one/a-group-with-a-name-that-takes-memory
    is "nothing fails until it is asked for" "$(cat one/failures)" 0
    put $inject/verbose 0
    put $inject/times 3
    put $inject/probability 100
    is "as many fail as was asked for" "$(cat one/failures)" 3
    is "and the attribute counts" "$(cat $inject/times)" 0
    put $inject/times -1
    put $inject/interval 5
    is "every fifth fails when it was asked for" "$(cat one/failures)" 2
else
    is "without fault injection nothing fails" "$(cat one/failures)" 0
fi

is "the items in memory are those that there are" "$(cat alive)" 4

exec 3< two/number 4< two/limits/inner/smallest
rmdir two
refuses_with "a file of a group that went with its item reads as gone" "No such file or directory" \
    cat <&4
exec 4<&-
is "the group has ended with its item, although a file was open" "$(cat alive)" 2
refuses_with "a file of a removed item reads as gone" "No such file or directory" cat <&3
refuses_with "the module is not unloaded while a file is open" "in use" sh \
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
    perl -e "$meddle" $rounds || echo "not ok - items come and go under readers" &
done
wait
is "$((4 * rounds)) items came and went under readers" "$(ls | tr '\n' ' ')" "alive templates "
is "each of them ended" "$(cat alive)" 0
cd /
rmmod apus_selftest && echo "ok - the module unloads when nothing is left"
[ ! -e $root ] && echo "ok - its directory is gone"
