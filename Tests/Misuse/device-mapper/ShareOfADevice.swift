// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'share' is inaccessible|cannot find type 'TargetShare'|has no member 'share'
import DeviceMapper

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    device = try target.open(arguments, at: 0, "no device")
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> { .kill(bio) }

  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    _ = device.share // MISUSE
    _ = device.capacity // TWIN
  }
}
