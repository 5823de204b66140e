// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: value of type 'MapContext' has no member 'open'|no member 'open'
import DeviceMapper

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {

    device = try target.open(arguments, at: 0, "no device")
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    _ = target.open() // MISUSE
    _ = target.length // TWIN
    return .kill(bio)
  }
}
