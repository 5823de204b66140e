#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A disk's own operations reach the driver as long as it is there, and no longer, whoever has the disk open; bad sectors.
# apus: memory=768 cpus=2
. ./lib.sh

parameters=/sys/module/apus_disks/parameters
tell() { echo "$2" > "$parameters/$1"; }
count() { awk -v name="$1" '$1 == name { print $2 }' "$parameters/counts"; }
declare -A mark
mark_counts() { while read -r name value; do mark[$name]=$value; done < "$parameters/counts"; }
since() { echo $(($(count "$1") - ${mark[$1]})); }

# control DEVICE|FD MODE COMMAND [ARGUMENT]: an ioctl, and what it answered: a number, "0 HEX" of its memory, or the error's text.
cat > control.py << 'END'
import ctypes, fcntl, os, sys
device, mode, command = sys.argv[1:4]
number = int(command, 16)
argument = sys.argv[4] if len(sys.argv) > 4 else "0"
try:
    flags = {"r": os.O_RDONLY, "w": os.O_RDWR}[mode]
    file = int(device) if device.isdigit() else os.open(device, flags)
    if argument.startswith("hex:"):
        memory = bytearray.fromhex(argument[4:])
        print(fcntl.ioctl(file, number, memory, True), memory.hex())
    else:
        answer = ctypes.CDLL(None, use_errno=True).ioctl(file, ctypes.c_ulong(number), ctypes.c_ulong(int(argument, 0)))
        print(answer if answer >= 0 else os.strerror(ctypes.get_errno()))
except OSError as error:
    print(error.strerror)
END
control() { python3 control.py "$@"; }
answer=0xa501 get=0x8004a502 set=0x4004a503 invert=0xc040a504 wait=0xa505 who=0xa507 beyond=0xc006a508

modprobe apus_disks simple=1
udevadm settle 2> /dev/null

# --- Opened and closed ---
same "what was opened while the disk was added was closed" "$(count opened)" "$(count released)"
between "the kernel looked for partitions" 1 100 "$(count opened)"
mark_counts
exec 3< /dev/apusdisk0 4<> /dev/apusdisk0
same "the driver is told of each handle, and how it is opened" "2 opened, 1 to write, 0 released" \
    "$(since opened) opened, $(since opened_to_write) to write, $(since released) released"
exec 3<&- 4<&-
same "and when it is closed" "2 released" "$(since released) released"
python3 -c 'import os; os.open("/dev/apusdisk0", os.O_RDWR | os.O_EXCL)'
same "also of one that nobody else may hold" "1 opened exclusively, 3 released" "$(since opened_exclusively) opened exclusively, $(since released) released"
tell refuse yes
fails_with "a driver refuses to be opened, with its error" "No medium found" dd if=/dev/apusdisk0 of=/dev/null count=1
fails_with "and to be made read-only by a user" "No medium found" blockdev --setro /dev/apusdisk0
tell refuse no
exec 3< /dev/apusdisk0
tell refuse yes
same "also where it is open" "Read-only file system, 0" \
    "$(python3 -c '
import array, fcntl
try: fcntl.ioctl(3, 0x125d, array.array("i", [1]))
except OSError as error: print(error.strerror)'), $(cat /sys/block/apusdisk0/ro)"
tell refuse no
exec 3<&-
blockdev --setro /dev/apusdisk0
same "a user makes it read-only if the driver agrees" 1 "$(blockdev --getro /dev/apusdisk0)"
blockdev --setrw /dev/apusdisk0

# --- Commands ---
same "a command's argument and answer pass through" 42 "$(control /dev/apusdisk0 r $answer 41)"
same "a command the driver does not know is ENOTTY" "Inappropriate ioctl for device" "$(control /dev/apusdisk0 r 0xa563)"
same "a driver without commands knows none" "Inappropriate ioctl for device" "$(control /dev/apusdisk1 r $answer 41)"
same "a number is copied from the caller" "0 efbeadde" "$(control /dev/apusdisk0 w $set hex:efbeadde)"
same "and to it" "0 efbeadde" "$(control /dev/apusdisk0 r $get hex:00000000)"
same "the command sees how the disk was opened" "Operation not permitted" "$(control /dev/apusdisk0 r $set hex:01000000)"
bytes=$(printf '%02x' {0..63})
inverse=$(for byte in {0..63}; do printf '%02x' $((255 - byte)); done)
same "many bytes are copied, both ways" "0 $inverse" "$(control /dev/apusdisk0 r $invert hex:"$bytes")"
same "an address that the caller has not is EFAULT" "Bad address, Bad address" "$(control /dev/apusdisk0 r $get 16), $(control /dev/apusdisk0 w $set 16)"
same "nor is the kernel's memory the caller's" "Bad address" "$(control /dev/apusdisk0 r $get 0xffff888000000000)"
same "what lies beyond the command's memory is EINVAL" "Invalid argument" "$(control /dev/apusdisk0 r $beyond hex:000102030405060708090a0b)"
same "and was not written" "0 efbeadde" "$(control /dev/apusdisk0 r $get hex:00000000)"
same "the command sees whether root calls, or somebody else" "1, 0" \
    "$(control /dev/apusdisk0 r $who), $(chmod o+r /dev/apusdisk0; chmod o+x . ; setpriv --reuid 65534 --regid 65534 --clear-groups python3 - /dev/apusdisk0 r $who < control.py)"

# --- Geometry ---
geometry() { python3 -c '
import fcntl, struct, sys
try: print(struct.unpack("BBHxxxxQ", fcntl.ioctl(open(sys.argv[1], "rb"), 0x0301, bytes(16))))
except OSError as error: print(error.strerror)' "$1"; }
same "HDIO_GETGEO gives what the driver says, from the disk's start" "(4, 16, 2048, 0)" "$(geometry /dev/apusdisk0)"
addpart /dev/apusdisk0 1 2048 8192
soon test -e /dev/apusdisk0p1
same "and from a partition's" "(4, 16, 2048, 2048)" "$(geometry /dev/apusdisk0p1)"
same "a driver without is ENOTTY" "Inappropriate ioctl for device" "$(geometry /dev/apusdisk1)"

# --- Swap ---
mkswap -q /dev/apusdisk0p1 > /dev/null
if swapon /dev/apusdisk0p1 2> /dev/null; then
    python3 -c '
import ctypes, mmap
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
size = 256 * 4096
start = libc.mmap(None, size, 3, 0x22, -1, 0)
ctypes.memset(start, 0x5a, size)
libc.madvise(start, size, 21)
libc.munmap(start, size)'
    swapoff /dev/apusdisk0p1
    between "the driver is told which pages of swap are free" 64 100000 "$(count slots_freed)"
else
    skip "the driver is told which pages of swap are free" "no swap on this kernel"
fi

# --- Bad sectors ---
bad() { tr '\n' ',' < $parameters/bad_sectors; }
tell bad "+1000 8"
tell bad "+2000 100"
tell bad "!3000 4"
same "the list shows what was added" "1000 8,2000 100,3000 4," "$(bad)"
same "and what is not acknowledged" "3000 4" "$(cat $parameters/unacknowledged)"
tell bad "+3000 4"
same "until it is" "" "$(cat $parameters/unacknowledged)"
try() { dd if=/dev/apusdisk0 of=/dev/null bs=512 skip="$1" count=1 iflag=direct status=none 2>&1 | sed 's/.*: //'; }
expect 'critical medium error, dev apusdisk0'
same "reading a bad sector is an error, and beside it is none" "No data available, No data available, , " "$(try 1000), $(try 1007), $(try 999), $(try 1008)"
tell bad "-2010 10"
same "a range is cut in two" "1000 8,2000 10,2020 80,3000 4," "$(bad)"
same "what was taken out can be read again" ", No data available" "$(try 2015), $(try 2020)"
for text in "+0 0" "+18014398509481984 1" "+18014398509481983 2" "+0 2147483648" "-5 0" "+18446744073709551615 1"; do
    fails_with "'$text' is no range of sectors" "Invalid argument" tell bad "$text"
done
same "and changes nothing" "1000 8,2000 10,2020 80,3000 4," "$(bad)"
tell bad "-0 1000000"
same "all can be taken out" "" "$(bad)"
fill() { python3 -c '
import sys
for index in range(600):
    with open(sys.argv[1], "w") as file: file.write("+%d 1" % (index * 16))' $parameters/bad; }
fails_with "a full list says so" "No space left" fill
same "and has as many ranges as fit" "No data available, " "$(try $((511 * 16))), $(try $((512 * 16)))"
tell bad "-0 1000000"

# --- Taken away while it is open, and while a command is under way ---
mark_counts
exec 3< /dev/apusdisk0 4<> /dev/apusdisk0
python3 control.py 3 r $wait > /dev/null 2>&1 &
waiting=$!
under_way() { [ "$(count under_way)" = 1 ]; }
soon under_way
tell remove 1
same "the driver ended when no call was under way" "ended under 0" "ended under $(count ended_under)"
holds "the call that was under way has returned" wait $waiting
same "the disk is gone" "no" "$(if [ -e /sys/block/apusdisk0 ]; then echo yes; else echo no; fi)"
dead() { control 3 r "$@"; }
same "commands through a handle from before are ENXIO" "No such device or address" "$(dead $answer 41)"
same "so is the geometry" "No such device or address" "$(python3 -c '
import fcntl
try: fcntl.ioctl(3, 0x0301, bytes(16))
except OSError as error: print(error.strerror)')"
mknod /tmp/gone b $(($(stat -L -c '0x%t' /proc/self/fd/3))) $(($(stat -L -c '0x%T' /proc/self/fd/3)))
fails_with "nobody opens it any more" "No such device or address" dd if=/tmp/gone of=/dev/null count=1
fails_with "an open handle keeps the module" "in use" rmmod apus_disks
exec 3<&- 4<&-
same "handles that are closed then are not the driver's business" "0 released" "$(since released) released"
soon test "$(cat /sys/module/apus_disks/refcnt)" = 0
unloads apus_disks apusdisk

# --- Removed under a storm of commands and opens ---
modprobe apus_disks simple=1
cat > storm.py << 'END'
import fcntl, os, sys
while True:
    try:
        file = os.open("/dev/apusdisk0", os.O_RDONLY)
    except OSError:
        break
    try:
        for _ in range(20): fcntl.ioctl(file, 0xa501, 1)
    except OSError:
        pass
    os.close(file)
END
for _ in 1 2 3 4; do python3 storm.py & done
busy() { [ "$(count opened)" -gt 40 ]; }
soon busy
tell remove 1
wait
same "a disk that is opened and commanded without end is taken away" "ended under 0" "ended under $(count ended_under)"
unloads apus_disks apusdisk
