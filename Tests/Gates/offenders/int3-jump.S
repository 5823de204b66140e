// SPDX-License-Identifier: GPL-2.0-only
// A breakpoint as a trap, behind a jump and jumped to.
.globl offence
.type offence, @function
offence:
    endbr64
    test %rdi, %rdi
    je 1f
    xor %eax, %eax
    RETURN
1:  int3
.size offence, . - offence
