// SPDX-License-Identifier: GPL-2.0-only
// A register of MMX.
.globl offence
.type offence, @function
offence:
    endbr64
    movq %rdi, %mm0
    movd %mm0, %eax
    RETURN
.size offence, . - offence
