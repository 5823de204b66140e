// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: has no member 'remapped'
import DeviceMapper

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    device = try target.open(arguments, at: 0, "no device")
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    let sector = bio.targetSector
    let remapped = bio.remapped(to: device, at: sector)
    return .remapped(remapped.remapped(to: device, at: sector)) // MISUSE
    return .remapped(remapped) // TWIN
  }
}
