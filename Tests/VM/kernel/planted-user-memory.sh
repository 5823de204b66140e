#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apus: suite=debug timeout=600 cpus=1
# Code that runs outside of a process's own calls cannot reach the memory of the process: threads,
# work items and timers, which run on a borrowed address space.
. ./lib.sh

# The process loads the module itself, so its memory is what the kernel threads of the only CPU
# borrow.
cat > load.py << 'END'
import ctypes, mmap, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
start = libc.mmap(None, ctypes.c_size_t(mmap.PAGESIZE), 3, 0x22, -1, ctypes.c_long(0))
assert start and start != 2**64 - 1
ctypes.memset(start, 0x41, mmap.PAGESIZE)
file = os.open(sys.argv[1], os.O_RDONLY)
arguments = b"plant=user-memory address=%d" % start
print("load", libc.syscall(ctypes.c_long(313), ctypes.c_int(file), arguments, ctypes.c_int(0)))
print("bytes", ctypes.string_at(start, 16).hex())
END
python3 load.py "$(modinfo -n apus_bugs)" > seen ||
    fail "the process that loads the module succeeds" "status $?"
same "finit_module succeeds" "load 0" "$(grep load seen)"
same "only the copy in the process's own call changes the process's memory" \
    "bytes 41414141414141415a5a5a5a5a5a5a5a" "$(grep bytes seen)"
contains "copies in a thread, a work item, a timer and under a lock copy none of 8 bytes" \
    "left of eight: thread 8, work 8, timer 8, lock 8, call 0" "$(dmesg)"
rmmod apus_bugs
