// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'reference' is inaccessible due to
import DeviceMapper

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    device = try target.open(arguments, at: 0, "no device")
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    let remapped = bio.remapped(to: device, at: Sector(0))
    if remapped.reference.raw == nil { return .taken } // MISUSE
    // TWIN
    return .remapped(remapped)
  }
}
