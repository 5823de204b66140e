// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: requires the types 'Probe.BioData' .*and 'NoBioData' be equivalent
import DeviceMapper

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  struct Data: TargetBioData { var place: UInt64 = 0 }
  typealias BioData = Data // TWIN
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}
  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> { .kill(bio) }
}

extension Probe {
  // (The body says what the data of a bio is, or else its memory would not be asked for.)
  typealias BioData = Data // MISUSE
}
