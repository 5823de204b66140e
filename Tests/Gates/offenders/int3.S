// SPDX-License-Identifier: GPL-2.0-only
// A breakpoint as a trap.
.globl offence
.type offence, @function
offence:
    endbr64
    test %rdi, %rdi
    jne 1f
    int3
1:  xor %eax, %eax
    RETURN
.size offence, . - offence
