// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'bio' is borrowed and cannot be consumed
import DeviceMapper

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    device = try target.open(arguments, at: 0, "no device")
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> { .kill(bio) }

  func endFirst(of list: borrowing BioList<Probe>) {
    _ = list.withFirst { bio in
      bio.end(.ok) // MISUSE
      _ = bio.length // TWIN
    }
  }
}

public func use(_ probe: borrowing Probe, _ list: borrowing BioList<Probe>) { probe.endFirst(of: list) }
