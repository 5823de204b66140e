// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'first' is borrowed and cannot be consumed
import Kernel

func twice(_ first: borrowing PerCPUCounter) {
  give(first) // MISUSE
  first.add(1) // TWIN
}

func give(_ second: consuming PerCPUCounter) {}
