// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: has no member 'nextGroup'
public import DeviceMapper

public func read(_ arguments: inout Arguments) throws(TargetError) -> Int {
  try arguments.nextGroup(through: 3, "no group") // MISUSE
  try arguments.withGroup(through: 3, "no group", insufficient: "too few") { group throws(TargetError) in group.count } // TWIN
}
