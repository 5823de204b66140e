// SPDX-License-Identifier: GPL-2.0-only
// A return with no int3 behind it.
.globl offence
.type offence, @function
offence:
    endbr64
    test %rdi, %rdi
    je 1f
    xor %eax, %eax
    ret
1:  mov $1, %eax
    RETURN
.size offence, . - offence
