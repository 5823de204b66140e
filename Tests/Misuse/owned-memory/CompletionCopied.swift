// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'first' is borrowed and cannot be consumed
import Kernel

func twice(_ first: borrowing Completion) {
  give(first) // MISUSE
  first.complete() // TWIN
}

func give(_ second: consuming Completion) {}
