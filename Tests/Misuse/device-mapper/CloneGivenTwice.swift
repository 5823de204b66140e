// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'clone' consumed more than once
import DeviceMapper
import Kernel

public func map(_ clone: consuming RequestClone, _ other: inout MapRequestResult) -> MapRequestResult {
  other = .remapped(clone)
  return .remapped(clone) // MISUSE
  return .kill // TWIN
}
