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

fails_with "a tag set with request data beyond the block layer's limit is refused with EINVAL" \
    "Invalid argument" tell huge 1

# --- Open and release ---
same "each open during the addition of the disk has a release" "$(count opened)" "$(count released)"
between "the kernel opens the disk to scan for partitions" 1 100 "$(count opened)"
mark_counts
exec 3< /dev/apusdisk0 4<> /dev/apusdisk0
same "open is called for each handle, with its mode" "2 opened, 1 to write, 0 released" \
    "$(since opened) opened, $(since opened_to_write) to write, $(since released) released"
exec 3<&- 4<&-
same "release is called for each closed handle" "2 released" "$(since released) released"
python3 -c 'import os; os.open("/dev/apusdisk0", os.O_RDWR | os.O_EXCL)'
same "open and release are called for an exclusive handle" "1 opened exclusively, 3 released" \
    "$(since opened_exclusively) opened exclusively, $(since released) released"
tell refuse yes
fails_with "an open fails with the driver's ENOMEDIUM" "No medium found" dd if=/dev/apusdisk0 \
    of=/dev/null count=1
fails_with "BLKROSET fails with the driver's ENOMEDIUM at its open" \
    "No medium found" blockdev --setro /dev/apusdisk0
tell refuse no
exec 3< /dev/apusdisk0
tell refuse yes
same "BLKROSET through an open handle fails with the driver's EROFS" "Read-only file system, 0" \
    "$(python3 -c '
import array, fcntl
try: fcntl.ioctl(3, 0x125d, array.array("i", [1]))
except OSError as error: print(error.strerror)'), $(cat /sys/block/apusdisk0/ro)"
tell refuse no
exec 3<&-
blockdev --setro /dev/apusdisk0
same "BLKROSET makes the disk read-only if the driver agrees" 1 "$(blockdev --getro /dev/apusdisk0)"
blockdev --setrw /dev/apusdisk0

# --- ioctl commands ---
same "an ioctl passes its argument to the driver, and returns the answer" \
    42 "$(control /dev/apusdisk0 r $answer 41)"
same "an ioctl that the driver does not know fails with ENOTTY" "Inappropriate ioctl for device" \
    "$(control /dev/apusdisk0 r 0xa563)"
same "an ioctl to a driver without ioctls fails with ENOTTY" "Inappropriate ioctl for device" \
    "$(control /dev/apusdisk1 r $answer 41)"
same "an ioctl copies a number from the caller" "0 efbeadde" \
    "$(control /dev/apusdisk0 w $set hex:efbeadde)"
same "an ioctl copies a number to the caller" \
    "0 efbeadde" "$(control /dev/apusdisk0 r $get hex:00000000)"
same "an ioctl that writes fails with EPERM through a read-only handle" "Operation not permitted" \
    "$(control /dev/apusdisk0 r $set hex:01000000)"
bytes=$(printf '%02x' {0..63})
inverse=$(for byte in {0..63}; do printf '%02x' $((255 - byte)); done)
same "an ioctl copies 64 bytes from and to the caller" "0 $inverse" \
    "$(control /dev/apusdisk0 r $invert hex:"$bytes")"
same "an ioctl with an unmapped address fails with EFAULT" "Bad address, Bad address" \
    "$(control /dev/apusdisk0 r $get 16), $(control /dev/apusdisk0 w $set 16)"
same "an ioctl with an address of the kernel fails with EFAULT" "Bad address" \
    "$(control /dev/apusdisk0 r $get 0xffff888000000000)"
same "a copy beyond the size in the ioctl's number fails with EINVAL" "Invalid argument" \
    "$(control /dev/apusdisk0 r $beyond hex:000102030405060708090a0b)"
same "after the failed copy, the driver's number is unchanged" \
    "0 efbeadde" "$(control /dev/apusdisk0 r $get hex:00000000)"
same "an ioctl sees whether its caller has CAP_SYS_ADMIN" "1, 0" \
    "$(control /dev/apusdisk0 r $who), $(chmod o+r /dev/apusdisk0; chmod o+x . ; setpriv --reuid 65534 --regid 65534 --clear-groups python3 - /dev/apusdisk0 r $who < control.py)"

# --- Geometry ---
geometry() { python3 -c '
import fcntl, struct, sys
try: print(struct.unpack("BBHxxxxQ", fcntl.ioctl(open(sys.argv[1], "rb"), 0x0301, bytes(16))))
except OSError as error: print(error.strerror)' "$1"; }
same "HDIO_GETGEO of the disk returns the driver's geometry, with start 0" "(4, 16, 2048, 0)" \
    "$(geometry /dev/apusdisk0)"
addpart /dev/apusdisk0 1 2048 8192
soon test -e /dev/apusdisk0p1
same "HDIO_GETGEO of a partition returns its start" \
    "(4, 16, 2048, 2048)" "$(geometry /dev/apusdisk0p1)"
same "HDIO_GETGEO fails with ENOTTY if the driver has no geometry" \
    "Inappropriate ioctl for device" "$(geometry /dev/apusdisk1)"

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
    between "the driver is told which swap slots are free" 64 100000 "$(count slots_freed)"
    same "each free swap slot lies in the partition" 0 "$(count slots_elsewhere)"
else
    skip "the driver is told which swap slots are free" "no swap on this kernel"
fi

# --- Identifiers ---
mark_log
tell identify /dev/apusdisk0
same "the disk has an EUI-64 of 8 bytes, an NAA of 16 bytes, and no T10 identifier" \
    "T10: error 61, EUI-64: 8 bytes, from 1 to 239, NAA: 16 bytes, from 96 to 15" \
    "$(new_log | sed -n 's/.*apus_disks: //p' | grep -E '^(T10|EUI-64|NAA):' | paste -sd, |
        sed 's/,\([A-Z]\)/, \1/g')"
mark_log
tell identify /dev/apusdisk1
contains "a driver without identifiers returns EOPNOTSUPP" "NAA: error 95" "$(new_log)"

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
same "the kernel finds no partitions if the driver names no sector" "8192, " "$part, $(partitions)"
expect 'Primary GPT is invalid, using alternate GPT'
tell table 100000
same "the kernel finds the partition table at the sector that the driver names" \
    "4096 8192" "$(partitions)"
tell table 90000
same "the kernel finds no partitions if the named sector has no table" "" "$(partitions)"
tell table 0

# --- Removable media ---
sequence() { cat /sys/block/apusdisk0/diskseq; }
same "the disk lists its events in sysfs" "media_change eject_request" \
    "$(cat /sys/block/apusdisk0/events)"
before=$(sequence)
mark_counts
tell medium 1
same "the driver is not asked for events before polling is enabled" "0, 0" \
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
same "a media change gives the disk a greater diskseq" 1 \
    "$(test "$(sequence)" -gt "$before" && echo 1)"
tell medium 2
ends_within 25 $listener
# Events come over netlink, which belongs to the network stack. The debug kernel has none.
if [ -e /proc/net/netlink ]; then
    same "a program gets uevents for the media change and the eject request" \
        "DISK_EJECT_REQUEST=1 DISK_MEDIA_CHANGE=1" "$(cat events.text)"
else
    skip "a program gets uevents for the media change and the eject request" \
        "this kernel has no netlink"
fi
between "with polling, the driver is asked for events repeatedly" 2 100000 "$(since checked)"
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
same "a registration replaces the old key" "0, key 7 kind 0" \
    "$(ask $register QQII 0 7 0 0), $(holder)"
same "a registration with a wrong old key fails with EBUSY" \
    "Device or resource busy, key 7 kind 0" "$(ask $register QQII 6 8 0 0), $(holder)"
same "a registration with PR_FL_IGNORE_KEY ignores the old key" \
    "0, key 8 kind 0" "$(ask $register QQII 6 8 1 0), $(holder)"
for kind in 1 2 3 4 5 6; do
    same "the disk is reserved with type $kind, and released" \
        "0, key 8 kind $kind, 0, key 8 kind 0" \
        "$(ask $reserve QII 8 $kind 0), $(holder), $(ask $release QII 8 $kind 0), $(holder)"
done
for kind in 0 7 4294967295; do
    same "a reservation of the invalid type $kind fails with EINVAL" \
        "Invalid argument, Invalid argument, key 8 kind 0" \
        "$(ask $reserve QII 8 $kind 0), $(ask $release QII 8 $kind 0), $(holder)"
done
same "a registration with an unknown flag fails with EOPNOTSUPP" \
    "Operation not supported" "$(ask $register QQII 8 9 2 0)"
same "a preemption takes the reservation" \
    "0, key 9 kind 2" "$(ask $preempt QQII 8 9 2 0), $(holder)"
same "a preemption with abort takes the reservation, and aborts" "0, key 10 kind 1 aborted" \
    "$(ask $preempt_abort QQII 9 10 1 0), $(holder)"
same "a clear removes the key and the reservation" \
    "0, key 0 kind 0" "$(ask $clear QII 10 0 0), $(holder)"
same "a reservation of a driver without reservations fails with EOPNOTSUPP" \
    "Operation not supported" "$(control /dev/apusdisk1 w $clear "$(numbers QII 10 0 0)")"

# --- Bad sectors ---
bad() { tr '\n' ',' < $parameters/bad_sectors; }
tell bad "+1000 8"
tell bad "+2000 100"
tell bad "!3000 4"
same "the list of bad sectors shows the added ranges" "1000 8,2000 100,3000 4," "$(bad)"
same "the list of unacknowledged ranges shows the one that was added as such" \
    "3000 4" "$(cat $parameters/unacknowledged)"
tell bad "+3000 4"
same "after the range is acknowledged, the list of unacknowledged ranges is empty" \
    "" "$(cat $parameters/unacknowledged)"
try() {
    dd if=/dev/apusdisk0 of=/dev/null bs=512 skip="$1" count=1 iflag=direct status=none 2>&1 |
        sed 's/.*: //'
}
expect 'critical medium error, dev apusdisk0'
same "reads of bad sectors fail with ENODATA, and reads beside them succeed" \
    "No data available, No data available, , " "$(try 1000), $(try 1007), $(try 999), $(try 1008)"
tell bad "-2010 10"
same "a removal in the middle of a range leaves two ranges" \
    "1000 8,2000 10,2020 80,3000 4," "$(bad)"
same "a removed sector can be read, and the one behind it fails with ENODATA" \
    ", No data available" "$(try 2015), $(try 2020)"
for text in "+0 0" "+18014398509481984 1" "+18014398509481983 2" "+0 2147483648" "-5 0" \
    "+18446744073709551615 1"; do
    fails_with "the invalid range '$text' is refused with EINVAL" \
        "Invalid argument" tell bad "$text"
done
same "after refused ranges, the list of bad sectors is unchanged" \
    "1000 8,2000 10,2020 80,3000 4," "$(bad)"
tell bad "-0 1000000"
same "a removal of all sectors empties the list" "" "$(bad)"
fill() { python3 -c '
import sys
for index in range(600):
    with open(sys.argv[1], "w") as file: file.write("+%d 1" % (index * 16))' $parameters/bad; }
fails_with "an addition to a full list fails with ENOSPC" "No space left" fill
same "the full list has exactly 512 ranges" "No data available, " \
    "$(try $((511 * 16))), $(try $((512 * 16)))"
tell bad "-0 1000000"

# --- A disk that is removed while it is open and an ioctl is in progress ---
mark_counts
exec 3< /dev/apusdisk0 4<> /dev/apusdisk0
python3 control.py 3 r $wait > /dev/null 2>&1 &
waiting=$!
under_way() { [ "$(count under_way)" = 1 ]; }
soon under_way
tell remove 1
same "the driver ends when no call of it is in progress" "ended under 0" \
    "ended under $(count ended_under)"
ends_within 20 $waiting
same "the ioctl that was in progress returns" "status 0" "status $status"
same "after the removal, the disk is not in sysfs" \
    "no" "$(if [ -e /sys/block/apusdisk0 ]; then echo yes; else echo no; fi)"
dead() { control 3 r "$@"; }
same "an ioctl through a handle of the removed disk fails with ENXIO" "No such device or address" \
    "$(dead $answer 41)"
same "HDIO_GETGEO through a handle of the removed disk fails with ENXIO" \
    "No such device or address" "$(python3 -c '
import fcntl
try: fcntl.ioctl(3, 0x0301, bytes(16))
except OSError as error: print(error.strerror)')"
mknod /tmp/gone b $(($(stat -L -c '0x%t' /proc/self/fd/3))) \
    $(($(stat -L -c '0x%T' /proc/self/fd/3)))
fails_with "an open of the removed disk fails with ENXIO" \
    "No such device or address" dd if=/tmp/gone of=/dev/null count=1
fails_with "rmmod fails while a handle of the removed disk is open" "in use" rmmod apus_disks
same "while the removed disk is open, its data has not ended" "0 ended" "$(count data_ended) ended"
exec 4<&-
same "when one of two handles is closed, the data has not ended" \
    "0 ended" "$(count data_ended) ended"
exec 3<&-
same "when the last handle is closed, the data of the disk ends" \
    "1 ended" "$(count data_ended) ended"
same "release is not called for handles that are closed after the removal" "0 released" \
    "$(since released) released"
soon test "$(cat /sys/module/apus_disks/refcnt)" = 0
unloads apus_disks apusdisk

# --- A disk that is removed under many concurrent ioctls and opens ---
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
same "a disk is removed under concurrent opens and ioctls" "ended under 0" \
    "ended under $(count ended_under)"
same "after the last handle is closed, the data of the disk has ended" \
    "1 ended" "$(count data_ended) ended"
unloads apus_disks apusdisk

# --- A disk that is removed while its driver keeps a request and a program has it open ---
modprobe apus_disks simple=1
exec 3< /dev/apusdisk0
tell keep 1
dd if=/dev/apusdisk0 of=/dev/null bs=4096 count=1 iflag=direct status=none 2> /tmp/kept.text &
reader=$!
in_flight() { [ "$(awk '{ print $1 + $2 }' /sys/block/apusdisk0/inflight)" = 1 ]; }
soon in_flight
tell remove 1
if ends_within 20 $reader; then
    contains "a request that the driver keeps fails with EIO when the disk is removed" \
        "Input/output error" "$(cat /tmp/kept.text)"
else
    fail "a request that the driver keeps fails with EIO when the disk is removed" \
        "it has no answer after 20 seconds"
fi
same "an ioctl through the open handle then fails with ENXIO" \
    "ended under 0, No such device or address" \
    "ended under $(count ended_under), $(control 3 r $answer 41)"
exec 3<&-
unloads apus_disks apusdisk
