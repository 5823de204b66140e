// SPDX-License-Identifier: GPL-2.0-only
// A function exported in a namespace that the module does not import.
int NAMESPACED(long);
int offence(long value) { return NAMESPACED(value); }
