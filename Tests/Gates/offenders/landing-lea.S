// SPDX-License-Identifier: GPL-2.0-only
// A function without endbr64, whose address is taken by code; the assembler leaves no relocation.
.globl offence
.type offence, @function
offence:
    endbr64
    lea callback(%rip), %rax
    RETURN
.size offence, . - offence
.type callback, @function
callback:
    xor %eax, %eax
    RETURN
.size callback, . - callback
