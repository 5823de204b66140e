// SPDX-License-Identifier: GPL-2.0-only
// A thread-local variable.
__thread int counter;
int offence(long value) { counter += (int)value; return counter; }
