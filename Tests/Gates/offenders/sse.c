// SPDX-License-Identifier: GPL-2.0-only
// Vector registers.
int offence(long value) { double d = (double)value * 2.5; return (int)d; }
