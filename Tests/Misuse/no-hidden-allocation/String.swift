// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot use allocating type
import Kernel

public func isLong(_ number: Int) -> Bool {
  ("number of " + "devices").count > number // MISUSE
  ("number of devices" as StaticString).utf8CodeUnitCount > number // TWIN
}
