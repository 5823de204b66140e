// SPDX-License-Identifier: GPL-2.0-only
// A trap that does not go through the trap function, and is not in the kernel's table of bugs.
int offence(long value) { if (value == 5) __builtin_trap(); return (int)value; }
