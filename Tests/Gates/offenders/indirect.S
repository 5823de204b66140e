// SPDX-License-Identifier: GPL-2.0-only
// A call through a register.
.globl offence
.type offence, @function
offence:
    endbr64
    sub $8, %rsp
    lea init_module(%rip), %rax
    call *%rax
    add $8, %rsp
    RETURN
.size offence, . - offence
