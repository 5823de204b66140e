// SPDX-License-Identifier: GPL-2.0-only
// A function without endbr64, whose address is in constant data.
.globl offence
.type offence, @function
offence:
    endbr64
    jmp callback
.size offence, . - offence
.type callback, @function
callback:
    xor %eax, %eax
    RETURN
.size callback, . - callback
.section .rodata
.globl operations
operations: .quad callback
