// SPDX-License-Identifier: GPL-2.0-only
// A function that need not be there.
__attribute__((weak)) int perhaps(long);
int offence(long value) { return perhaps ? perhaps(value) : 0; }
