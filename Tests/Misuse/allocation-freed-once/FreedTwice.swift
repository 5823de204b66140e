// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'object' consumed more than once
import Zpool

func free(_ object: consuming Allocation<KernelStore>) {
  _ = consume object
  _ = consume object // MISUSE
  // TWIN
}
