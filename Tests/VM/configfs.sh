#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus: memory=512
# Attributes and items of configfs, through the subsystem that apus_selftest makes.
. ./lib.sh


modprobe apus_selftest
root=/sys/kernel/config/apus_selftest
cd $root || exit 1

# refuses_with PROMISE ERROR COMMAND…: the command must fail with that error, as the shell words it.
refuses_with() {
    local promise=$1 error=$2 said
    shift 2
    if said=$("$@" 2>&1); then
        echo "not ok - $promise: it was accepted"
    else
        case $said in *"$error"*) echo "ok - $promise: ${said##*: }" ;; *) echo "not ok - $promise: $said" ;; esac
    fi
}
is() { same "$1" "$3" "$2"; }
put() { echo "$2" > "$1"; }

mkdir one
is "an item has its attributes" "$(ls one | tr '\n' ' ')" "fixed flag long number power trigger unsigned "
is "modes say what can be read and written" "$(stat -c %a one/number one/fixed one/trigger | tr '\n' ' ')" "644 444 200 "
is "a setting has its default" "$(cat one/number one/flag one/unsigned one/fixed | tr '\n' ' ')" "3 1 0 42 "
put one/number -5
is "a setting is set" "$(cat one/number)" -5
put one/number 0x5
is "hexadecimal is understood" "$(cat one/number)" 5
refuses_with "a number above the range is refused" "Invalid argument" put one/number 6
refuses_with "a number below the range is refused" "Invalid argument" put one/number -6
refuses_with "a word is refused" "Invalid argument" put one/number five
refuses_with "an empty value is refused" "Invalid argument" put one/number ""
refuses_with "a number beyond 64 bits is refused" "Numerical result out of range" put one/number 99999999999999999999
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
refuses_with "an error of the item's reaches the writer" "No space left on device" put one/trigger 28
refuses_with "another one too" "Operation not supported" put one/trigger 95
is "what does not fit a page is cut off" "$(wc -c < one/long)" 4095
refuses_with "mkdir gets the item's error" "Invalid argument" mkdir .hidden
refuses_with "a second item of that name is refused" "File exists" mkdir one
mkdir two
put two/number 1
is "items have their own settings" "$(cat one/number two/number | tr '\n' ' ')" "5 1 "
refuses_with "the module is not unloaded while there are items" "in use" rmmod apus_selftest

is "the items in memory are those that there are" "$(cat alive)" 2

exec 3< two/number
rmdir two
refuses_with "a file of a removed item reads as gone" "No such file or directory" cat <&3
refuses_with "the module is not unloaded while a file is open" "in use" sh -c "rmdir one; rmmod apus_selftest; status=\$?; exit \$status"
exec 3<&-

# Items come and go while others read them.
for _ in 1 2 3 4; do
    (for _ in $(seq 200); do mkdir x$BASHPID 2> /dev/null; cat x*/number > /dev/null 2>&1; echo 2 2> /dev/null > x$BASHPID/number; rmdir x$BASHPID; done) &
done
wait
is "400 items came and went under readers" "$(ls | tr '\n' ' ')" "alive "
is "each of them ended" "$(cat alive)" 0
cd /
rmmod apus_selftest && echo "ok - the module unloads when nothing is left"
[ ! -e $root ] && echo "ok - its directory is gone"
