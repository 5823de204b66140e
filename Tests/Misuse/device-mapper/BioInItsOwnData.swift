// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'bio' used after consume
import Block
import DeviceMapper
import Kernel

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice

  struct BioData: TargetBioData, ~Copyable {
    var held: TargetBio<Probe>?

    init() { held = nil }
  }

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    device = try target.open(arguments, at: 0, "no device")
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    bio.data.held = consume bio // MISUSE
    bio.data.held = nil // TWIN
    return .taken
  }
}
