// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot convert value of type 'RemappedBio<Probe>' to expected argument type 'TargetBio<Probe>'
import Block
import DeviceMapper
import Kernel

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    device = try target.open(arguments, at: 0, "no device")
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    return .requeue(bio.remapped(to: device, at: Sector(0))) // MISUSE
    return .remapped(bio.remapped(to: device, at: Sector(0))) // TWIN
  }
}
