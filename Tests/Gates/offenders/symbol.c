// SPDX-License-Identifier: GPL-2.0-only
// A function that the kernel has and does not export.
int do_exit_to_nowhere(long);
int offence(long value) { return do_exit_to_nowhere(value); }
