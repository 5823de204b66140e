// SPDX-License-Identifier: GPL-2.0-only
// What the library believes about a target.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import DeviceMapper
import Kernel

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}

  borrowing func map(_ bio: consuming TargetBio<Self>, in context: borrowing MapContext) -> MapResult<Self> {
    .kill(bio)
  }
}

func traits() -> TargetTraits<Probe> {
  TargetTraits(name: "probe", major: 1, minor: 0, patch: 0, tracksBios: true, usesRegions: false) // MISUSE
  Probe.targetTraits // TWIN
}
