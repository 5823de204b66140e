// SPDX-License-Identifier: GPL-2.0-only
// Code in memory that can be written.
.section .text.patch, "awx"
.globl offence
.type offence, @function
offence:
    endbr64
    xor %eax, %eax
    RETURN
.size offence, . - offence
