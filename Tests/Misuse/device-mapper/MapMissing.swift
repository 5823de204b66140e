// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a target needs a method 'map' or 'mapRequest' in its body
// EXPECT: does not conform to protocol 'Target'
import DeviceMapper

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}
  // MISUSE
  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> { .kill(bio) } // TWIN
}
