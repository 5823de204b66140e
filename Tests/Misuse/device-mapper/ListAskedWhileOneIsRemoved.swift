// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'list', but modification requires exclusive access
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
    var list = BioList<Probe>()
    list.append(bio)
    _ = list.removeFirst { _ in list.isEmpty } // MISUSE
    _ = list.removeFirst { bio in bio.isWrite } // TWIN
    return .taken
  }
}
