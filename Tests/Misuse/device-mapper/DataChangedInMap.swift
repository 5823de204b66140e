// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'self' is immutable|cannot assign to property: 'self' is immutable
import DeviceMapper

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice
  var count = 0
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {

    device = try target.open(arguments, at: 0, "no device")
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    count &+= 1 // MISUSE
    _ = count &+ 1 // TWIN
    return .kill(bio)
  }
}
