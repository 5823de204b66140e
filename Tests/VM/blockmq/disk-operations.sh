#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A disk's operations reach the driver only as long as the disk exists, even if a program still has
# the disk open. Also tests bad sectors.
# apus: memory=768 cpus=2 boot=gpt
# differs: how a device is opened, and in which order a disk ends
. ./lib.sh

parameters=/sys/module/apus_disks/parameters
tell() { echo "$2" > "$parameters/$1"; }
count() { awk -v name="$1" '$1 == name { print $2 }' "$parameters/counts"; }
declare -A mark
mark_counts() { while read -r name value; do mark[$name]=$value; done < "$parameters/counts"; }
since() { echo $(($(count "$1") - ${mark[$1]})); }

# control DEVICE|FD MODE COMMAND [ARGUMENT]: an ioctl, and its answer: a number, "0 HEX" with its
# memory, or the text of the error.
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
answer=0xa501 get=0x8004a502 set=0x4004a503 invert=0xc040a504 wait=0xa505 who=0xa507 \
    beyond=0xc006a508

modprobe apus_disks simple=1
udevadm settle 2> /dev/null

fails_with "a tag set whose requests have more data than the block layer allocates is EINVAL" \
    "Invalid argument" tell huge 1

# --- Open and release ---
same "what was opened while the disk was added was closed" "$(count opened)" "$(count released)"
between "the kernel looked for partitions" 1 100 "$(count opened)"
mark_counts
exec 3< /dev/apusdisk0 4<> /dev/apusdisk0
same "the driver is told of each handle, and how it is opened" "2 opened, 1 to write, 0 released" \
    "$(since opened) opened, $(since opened_to_write) to write, $(since released) released"
exec 3<&- 4<&-
same "and when it is closed" "2 released" "$(since released) released"
python3 -c 'import os; os.open("/dev/apusdisk0", os.O_RDWR | os.O_EXCL)'
same "also of one that nobody else may hold" "1 opened exclusively, 3 released" \
    "$(since opened_exclusively) opened exclusively, $(since released) released"
tell refuse yes
fails_with "a driver refuses to be opened, with its error" "No medium found" dd if=/dev/apusdisk0 \
    of=/dev/null count=1
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

# --- ioctl commands ---
same "a command's argument and answer pass through" 42 "$(control /dev/apusdisk0 r $answer 41)"
same "a command the driver does not know is ENOTTY" "Inappropriate ioctl for device" \
    "$(control /dev/apusdisk0 r 0xa563)"
same "a driver without commands knows none" "Inappropriate ioctl for device" \
    "$(control /dev/apusdisk1 r $answer 41)"
same "a number is copied from the caller" "0 efbeadde" \
    "$(control /dev/apusdisk0 w $set hex:efbeadde)"
same "and to it" "0 efbeadde" "$(control /dev/apusdisk0 r $get hex:00000000)"
same "the command sees how the disk was opened" "Operation not permitted" \
    "$(control /dev/apusdisk0 r $set hex:01000000)"
bytes=$(printf '%02x' {0..63})
inverse=$(for byte in {0..63}; do printf '%02x' $((255 - byte)); done)
same "many bytes are copied, both ways" "0 $inverse" \
    "$(control /dev/apusdisk0 r $invert hex:"$bytes")"
same "an address that the caller has not is EFAULT" "Bad address, Bad address" \
    "$(control /dev/apusdisk0 r $get 16), $(control /dev/apusdisk0 w $set 16)"
same "nor is the kernel's memory the caller's" "Bad address" \
    "$(control /dev/apusdisk0 r $get 0xffff888000000000)"
same "what lies beyond the command's memory is EINVAL" "Invalid argument" \
    "$(control /dev/apusdisk0 r $beyond hex:000102030405060708090a0b)"
same "and was not written" "0 efbeadde" "$(control /dev/apusdisk0 r $get hex:00000000)"
same "the command sees whether root calls, or somebody else" "1, 0" \
    "$(control /dev/apusdisk0 r $who), $(chmod o+r /dev/apusdisk0; chmod o+x . ; setpriv --reuid 65534 --regid 65534 --clear-groups python3 - /dev/apusdisk0 r $who < control.py)"

# --- Geometry ---
geometry() { python3 -c '
import fcntl, struct, sys
try: print(struct.unpack("BBHxxxxQ", fcntl.ioctl(open(sys.argv[1], "rb"), 0x0301, bytes(16))))
except OSError as error: print(error.strerror)' "$1"; }
same "HDIO_GETGEO gives what the driver says, from the disk's start" "(4, 16, 2048, 0)" \
    "$(geometry /dev/apusdisk0)"
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
    same "and each of them is one of the partition's pages on the disk" 0 "$(count slots_elsewhere)"
else
    skip "the driver is told which pages of swap are free" "no swap on this kernel"
fi

# --- Identifiers ---
mark_log
tell identify /dev/apusdisk0
same "the disk has identifiers of 8 and 16 bytes, and none of another kind" \
    "T10: error 61, EUI-64: 8 bytes, from 1 to 239, NAA: 16 bytes, from 96 to 15" \
    "$(new_log | sed -n 's/.*apus_disks: //p' | grep -E '^(T10|EUI-64|NAA):' | paste -sd, |
        sed 's/,\([A-Z]\)/, \1/g')"
mark_log
tell identify /dev/apusdisk1
contains "a driver without has none" "NAA: error 95" "$(new_log)"

# --- A partition table at an unusual sector ---
cat > table.py << 'END'
# A GPT with one partition. Its header is the alternate header, and is neither in the first sector
# nor in the last.
import struct, sys, zlib
disk, place = sys.argv[1], int(sys.argv[2])
entry = bytes(range(16)) + bytes(range(16, 32)) + struct.pack("<QQQ", 4096, 12287, 0) + "one".encode("utf-16-le").ljust(72, b"\0")
entries = entry.ljust(128 * 128, b"\0")
def header(crc): return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, crc, 0, place, 1, 34, 65535, bytes(range(32, 48)),
    place - 64, 128, 128, zlib.crc32(entries))
with open(disk, "r+b") as file:
    file.seek((place - 64) * 512)
    file.write(entries)
    file.seek(place * 512)
    file.write(header(zlib.crc32(header(0))))
END
part=$(cat /sys/block/apusdisk0/apusdisk0p1/size)
delpart /dev/apusdisk0 1
python3 table.py /dev/apusdisk0 100000
partitions() {
    blockdev --rereadpt /dev/apusdisk0
    cat /sys/block/apusdisk0/apusdisk0p*/{start,size} 2> /dev/null | xargs
}
same "nobody finds a table where the driver says that none is" "8192, " "$part, $(partitions)"
expect 'Primary GPT is invalid, using alternate GPT'
tell table 100000
same "the kernel finds the one that the driver knows of" "4096 8192" "$(partitions)"
tell table 90000
same "but none where none is" "" "$(partitions)"
tell table 0

# --- Removable media ---
sequence() { cat /sys/block/apusdisk0/diskseq; }
same "the disk tells what can happen to it" "media_change eject_request" \
    "$(cat /sys/block/apusdisk0/events)"
before=$(sequence)
mark_counts
tell medium 1
same "nobody looks before somebody wants to know" "0, 0" \
    "$(since checked), $(($(sequence) - before))"
cat > events.py << 'END'
import os, select, socket, sys
listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
listener.bind((0, 1))
open("listening", "w").close()
seen = set()
while len(seen) < 2 and select.select([listener], [], [], 20)[0]:
    for word in listener.recv(8192).split(b"\0"):
        if word.startswith(b"DISK_"): seen.add(word.decode())
print(*sorted(seen))
END
python3 events.py > events.text 2>&1 &
listener=$!
if [ -e /proc/net/netlink ]; then soon test -e listening; fi
echo 100 > /sys/block/apusdisk0/events_poll_msecs
changed() { [ "$(sequence)" != "$before" ]; }
soon changed
same "another medium gives the disk another number" 1 \
    "$(test "$(sequence)" -gt "$before" && echo 1)"
tell medium 2
ends_within 25 $listener
# Events come over netlink, which belongs to the network stack. The debug kernel has none.
if [ -e /proc/net/netlink ]; then
    same "programs that wait are told" "DISK_EJECT_REQUEST=1 DISK_MEDIA_CHANGE=1" \
        "$(cat events.text)"
else
    skip "programs that wait are told" "this kernel has no netlink"
fi
between "the driver is asked again and again" 2 100000 "$(since checked)"
echo 0 > /sys/block/apusdisk0/events_poll_msecs

# --- Reservations: the IOC_PR_* ioctls and their structures ---
register=0x401870c8 reserve=0x401070c9 release=0x401070ca preempt=0x401870cb \
    preempt_abort=0x401870cc clear=0x401070cd
numbers() { python3 -c '
import struct, sys
print("hex:" + struct.pack("<" + sys.argv[1], *map(int, sys.argv[2:])).hex())' "$@"; }
ask() {
    local command=$1
    shift
    control /dev/apusdisk0 w "$command" "$(numbers "$@")" | sed 's/^0 .*/0/'
}
holder() { cat $parameters/reservation; }
same "a key is registered in the place of the one before" "0, key 7 kind 0" \
    "$(ask $register QQII 0 7 0 0), $(holder)"
same "of which the caller has to know" "Device or resource busy, key 7 kind 0" \
    "$(ask $register QQII 6 8 0 0), $(holder)"
same "unless it does not matter" "0, key 8 kind 0" "$(ask $register QQII 6 8 1 0), $(holder)"
for kind in 1 2 3 4 5 6; do
    same "a disk is reserved, in way $kind, and released" "0, key 8 kind $kind, 0, key 8 kind 0" \
        "$(ask $reserve QII 8 $kind 0), $(holder), $(ask $release QII 8 $kind 0), $(holder)"
done
for kind in 0 7 4294967295; do
    same "way $kind is none" "Invalid argument, Invalid argument, key 8 kind 0" \
        "$(ask $reserve QII 8 $kind 0), $(ask $release QII 8 $kind 0), $(holder)"
done
same "a flag that nobody knows is refused" "Operation not supported" "$(ask $register QQII 8 9 2 0)"
same "another one takes the reservation" "0, key 9 kind 2" "$(ask $preempt QQII 8 9 2 0), $(holder)"
same "and aborts what is under way" "0, key 10 kind 1 aborted" \
    "$(ask $preempt_abort QQII 9 10 1 0), $(holder)"
same "all is cleared" "0, key 0 kind 0" "$(ask $clear QII 10 0 0), $(holder)"
same "a driver without knows no reservations" "Operation not supported" \
    "$(control /dev/apusdisk1 w $clear "$(numbers QII 10 0 0)")"

# --- Bad sectors ---
bad() { tr '\n' ',' < $parameters/bad_sectors; }
tell bad "+1000 8"
tell bad "+2000 100"
tell bad "!3000 4"
same "the list shows what was added" "1000 8,2000 100,3000 4," "$(bad)"
same "and what is not acknowledged" "3000 4" "$(cat $parameters/unacknowledged)"
tell bad "+3000 4"
same "until it is" "" "$(cat $parameters/unacknowledged)"
try() {
    dd if=/dev/apusdisk0 of=/dev/null bs=512 skip="$1" count=1 iflag=direct status=none 2>&1 |
        sed 's/.*: //'
}
expect 'critical medium error, dev apusdisk0'
same "reading a bad sector is an error, and beside it is none" \
    "No data available, No data available, , " "$(try 1000), $(try 1007), $(try 999), $(try 1008)"
tell bad "-2010 10"
same "a range is cut in two" "1000 8,2000 10,2020 80,3000 4," "$(bad)"
same "what was taken out can be read again" ", No data available" "$(try 2015), $(try 2020)"
for text in "+0 0" "+18014398509481984 1" "+18014398509481983 2" "+0 2147483648" "-5 0" \
    "+18446744073709551615 1"; do
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
same "and has as many ranges as fit" "No data available, " \
    "$(try $((511 * 16))), $(try $((512 * 16)))"
tell bad "-0 1000000"

# --- Removed while it is open and a command is in progress ---
mark_counts
exec 3< /dev/apusdisk0 4<> /dev/apusdisk0
python3 control.py 3 r $wait > /dev/null 2>&1 &
waiting=$!
under_way() { [ "$(count under_way)" = 1 ]; }
soon under_way
tell remove 1
same "the driver ended when no call was under way" "ended under 0" \
    "ended under $(count ended_under)"
ends_within 20 $waiting
same "the call that was under way has returned" "status 0" "status $status"
same "the disk is gone" "no" "$(if [ -e /sys/block/apusdisk0 ]; then echo yes; else echo no; fi)"
dead() { control 3 r "$@"; }
same "commands through a handle from before are ENXIO" "No such device or address" \
    "$(dead $answer 41)"
same "so is the geometry" "No such device or address" "$(python3 -c '
import fcntl
try: fcntl.ioctl(3, 0x0301, bytes(16))
except OSError as error: print(error.strerror)')"
mknod /tmp/gone b $(($(stat -L -c '0x%t' /proc/self/fd/3))) \
    $(($(stat -L -c '0x%T' /proc/self/fd/3)))
fails_with "nobody opens it any more" "No such device or address" dd if=/tmp/gone of=/dev/null \
    count=1
fails_with "an open handle keeps the module" "in use" rmmod apus_disks
same "what the disk carries has not ended, as it is open" "0 ended" "$(count data_ended) ended"
exec 4<&-
same "nor when one of two handles is closed" "0 ended" "$(count data_ended) ended"
exec 3<&-
same "it ends with the last one, after the driver" "1 ended" "$(count data_ended) ended"
same "handles that are closed then are not the driver's business" "0 released" \
    "$(since released) released"
soon test "$(cat /sys/module/apus_disks/refcnt)" = 0
unloads apus_disks apusdisk

# --- Removed under many concurrent commands and opens ---
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
for _ in 1 2 3 4; do timeout 60 python3 storm.py & done
busy() { [ "$(count opened)" -gt 40 ]; }
soon busy
tell remove 1
wait
same "a disk that is opened and commanded without end is taken away" "ended under 0" \
    "ended under $(count ended_under)"
same "and what it carried has ended" "1 ended" "$(count data_ended) ended"
unloads apus_disks apusdisk

# --- Removed while the driver keeps a request and a program sends commands ---
modprobe apus_disks simple=1
exec 3< /dev/apusdisk0
tell keep 1
dd if=/dev/apusdisk0 of=/dev/null bs=4096 count=1 iflag=direct status=none 2> /tmp/kept.text &
reader=$!
in_flight() { [ "$(awk '{ print $1 + $2 }' /sys/block/apusdisk0/inflight)" = 1 ]; }
soon in_flight
tell remove 1
if ends_within 20 $reader; then
    contains "a request that the driver keeps ends with the disk" "Input/output error" \
        "$(cat /tmp/kept.text)"
else
    fail "a request that the driver keeps ends with the disk" "it has no answer after 20 seconds"
fi
same "and commands through the open handle are ENXIO" "ended under 0, No such device or address" \
    "ended under $(count ended_under), $(control 3 r $answer 41)"
exec 3<&-
unloads apus_disks apusdisk
