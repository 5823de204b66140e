// SPDX-License-Identifier: GPL-2.0-only
// A switch that becomes a jump through a table.
int one(long), two(long), three(long), four(long), five(long);
int offence(long value) {
  switch (value) {
  case 0: return one(7); case 1: return two(5); case 2: return three(3); case 3: return four(2); case 4: return five(1);
  default: return 0;
  }
}
#define KEEP __attribute__((noinline))
KEEP int one(long v) { return (int)v * 3; }
KEEP int two(long v) { return (int)v * 5; }
KEEP int three(long v) { return (int)v * 7; }
KEEP int four(long v) { return (int)v * 9; }
KEEP int five(long v) { return (int)v * 11; }
