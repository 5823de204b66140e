// SPDX-License-Identifier: GPL-2.0-only
// The allocator of user space.
void *malloc(unsigned long);
void *volatile kept;
int offence(long value) { kept = malloc((unsigned long)value); return 0; }
