// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'first' is borrowed and cannot be consumed
import Kernel

func twice(_ first: borrowing FaultInjection) {
  give(first) // MISUSE
  _ = first.shouldFail() // TWIN
}

func give(_ second: consuming FaultInjection) {}
