// SPDX-License-Identifier: GPL-2.0-only
// A return that does not go through the thunk.
.globl offence
.type offence, @function
offence:
    endbr64
    xor %eax, %eax
    ret
    int3
.size offence, . - offence
