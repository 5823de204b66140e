// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a target's version is three numbers that are written out
// EXPECT: does not conform to protocol 'Target'
import DeviceMapper

let minor: UInt32 = 2
@DeviceMapperTarget("probe", version: (1, minor, 0)) // MISUSE
@DeviceMapperTarget("probe", version: (1, 2, 0)) // TWIN
struct Probe: Target, ~Copyable {
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}
  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> { .kill(bio) }
}
