// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot convert value of type 'TargetBio<Probe>' to expected argument type 'TargetBio<Other>'
// EXPECT: cannot convert return expression of type 'MapResult<Other>' to return type 'MapResult<Probe>'
import Block
import DeviceMapper
import Kernel

@DeviceMapperTarget("other", version: (1, 0, 0))
struct Other: Target, ~Copyable {
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> { .taken }
}

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    device = try target.open(arguments, at: 0, "no device")
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    return MapResult<Other>.kill(bio) // MISUSE
    return MapResult<Probe>.kill(bio) // TWIN
  }
}
