// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing reinitialization of inout parameter 'group' after consume|cannot be consumed|lifetime-dependent
public import DeviceMapper

public func read(_ arguments: inout Arguments) throws(TargetError) -> Int {
  try arguments.withGroup(through: 3, "no group", insufficient: "too few") { group throws(TargetError) in
    let kept = group // MISUSE
    let kept = group.remaining // TWIN
    _ = kept.self
    return 0
  }
}
