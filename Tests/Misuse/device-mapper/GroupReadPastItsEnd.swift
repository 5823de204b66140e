// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'arguments'
public import DeviceMapper

public func read(_ arguments: inout Arguments) throws(TargetError) -> UInt64 {
  try arguments.withGroup(through: 3, "no group", insufficient: "too few") { group throws(TargetError) in
    try arguments.nextNumber(through: 9, "no number") // MISUSE
    try group.nextNumber(through: 9, "no number") // TWIN
  }
}
