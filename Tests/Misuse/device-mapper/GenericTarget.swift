// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a target cannot be generic
// EXPECT: .*
import DeviceMapper

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe<Value: Sendable>: Target, ~Copyable { // MISUSE
struct Probe: Target, ~Copyable { // TWIN
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}
  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> { .kill(bio) }
}
