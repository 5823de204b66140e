#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus: memory=512
# Copies from and to a process's memory, within its mapping and across the end of it.
. ./lib.sh

modprobe apus_selftest
# The process maps two pages, unmaps the second one, and asks the module to copy.
cat > probe.py << 'END'
import ctypes, mmap
def parameter(name, value=None):
    path = "/sys/module/apus_selftest/parameters/" + name
    if value is None:
        return open(path).read().strip()
    with open(path, "w") as file:
        file.write(str(value))
page = mmap.PAGESIZE
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
start = libc.mmap(None, ctypes.c_size_t(2 * page), 3, 0x22, -1, ctypes.c_long(0))
assert start and start != 2**64 - 1
ctypes.memset(start, 0x41, 2 * page)
libc.munmap(start + page, page)
def copy(command, address, length):
    parameter("user_address", address - 2**64 if address >= 2**63 else address)
    parameter("user_length", length)
    parameter(command, 1)
    return parameter("user")
print("read", copy("user_read", start, 100))
print("read_to_end", copy("user_read", start + page - 64, 64))
print("read_across", copy("user_read", start + page - 64, 128))
print("read_null", copy("user_read", 0, 8))
print("read_kernel", copy("user_read", 0xffff888000000000, 8))
print("read_wrap", copy("user_read", 2**64 - 4, 8))
print("read_nothing", copy("user_read", start, 0))
print("read_too_much", copy("user_read", start, page))
print("read_negative", copy("user_read", start, -1))
print("write", copy("user_write", start, 100), ctypes.string_at(start, 101)[99:].hex())
print("write_across", copy("user_write", start + page - 64, 128), ctypes.string_at(start + page - 66, 66).hex()[:6])
print("write_kernel", copy("user_write", 0xffff888000000000, 8))
END
if ! command -v python3 > /dev/null; then echo "not ok - python3 is in the guest"; exit 1; fi
python3 probe.py > seen || echo "not ok - the probe ran: $?"
is() { same "$1" "$3" "$(sed -n "s/^$2 //p" seen)"; }
is "a read of 100 bytes copies the process's memory" read "result=0 first=16 last=115"
is "a read that ends at the last mapped byte succeeds" read_to_end "result=0 first=16 last=79"
is "a read across the end of the mapping is EFAULT, and copies only mapped bytes" \
    read_across "result=-14 first=16 last=79"
is "a read from address 0 is EFAULT" read_null "result=-14 first=-1 last=-1"
is "a read from an address of the kernel is EFAULT" read_kernel "result=-14 first=-1 last=-1"
is "a read of a range that wraps around the address space is EFAULT" \
    read_wrap "result=-14 first=-1 last=-1"
is "a read of 0 bytes succeeds, and copies none" read_nothing "result=0 first=-1 last=-1"
is "a read that is longer than the kernel's buffer is EINVAL" \
    read_too_much "result=-22 first=-1 last=-1"
is "a read of a negative length is EINVAL" read_negative "result=-22 first=-1 last=-1"
is "a write changes exactly its range of the process's memory" \
    write "result=0 first=-1 last=-1 5a41"
is "a write across the end of the mapping is EFAULT" \
    write_across "result=-14 first=-1 last=-1 41415a"
is "a write to an address of the kernel is EFAULT" write_kernel "result=-14 first=-1 last=-1"
rmmod apus_selftest
