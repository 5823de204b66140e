// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: inaccessible
import Kernel

func fails(_ fault: borrowing FaultInjection) -> Bool {
  fault.storage.value.fault.value.has_group != 0 // MISUSE
  fault.shouldFail() // TWIN
}
