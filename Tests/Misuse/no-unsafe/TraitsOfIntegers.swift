// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension TargetTraits'
import DeviceMapper
import Kernel

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  struct BioData: TargetBioData {
    var first: UInt64 = 0

    init() {}
  }

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}

  borrowing func map(_ bio: consuming TargetBio<Self>, in context: borrowing MapContext) -> MapResult<Self> {
    .kill(bio)
  }
}

extension TargetTraits { // MISUSE
extension Nanoseconds { // TWIN
  init(name: StaticCString, major: Int, minor: Int, patch: Int, features: TargetFeatures, tracksBios: Bool, usesRegions: Bool) {
    while true {}
  }
}
