// SPDX-License-Identifier: GPL-2.0-only
// A constructor.
volatile int started;
__attribute__((constructor)) static void start(void) { started = 1; }
int offence(long value) { return started + (int)value; }
