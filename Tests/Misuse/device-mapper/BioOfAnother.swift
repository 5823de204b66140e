// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot convert return expression of type 'MapResult<Other>'|cannot convert value of type 'TargetBio<Other>'
import DeviceMapper
@DeviceMapperTarget("other", version: (1, 0, 0))
struct Other: Target, ~Copyable {
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}
  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> { .kill(bio) }
}

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice
  static func give(_ bio: consuming TargetBio<Probe>) -> MapResult<Probe> { .kill(bio) } // TWIN
  static func give(_ bio: consuming TargetBio<Probe>, _ other: consuming TargetBio<Other>) -> MapResult<Probe> { .kill(other) }; static func give(_ bio: consuming TargetBio<Probe>) -> MapResult<Probe> { .kill(bio) } // MISUSE

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {

    device = try target.open(arguments, at: 0, "no device")
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    return Probe.give(bio)
  }
}
