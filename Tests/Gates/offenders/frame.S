// SPDX-License-Identifier: GPL-2.0-only
// A function that returns with its stack unbalanced on one way: objtool says so.
.globl offence
.type offence, @function
offence:
    endbr64
    test %rdi, %rdi
    je 1f
    push %rbx
1:  xor %eax, %eax
    RETURN
.size offence, . - offence
