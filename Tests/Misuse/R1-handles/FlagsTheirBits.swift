// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'rawValue' is inaccessible due to 'package' protection level
import Block

func same(_ left: OperationFlags, _ right: OperationFlags) -> Bool {
  left.rawValue & right.rawValue != 0 // MISUSE
  left.contains(right) // TWIN
}
