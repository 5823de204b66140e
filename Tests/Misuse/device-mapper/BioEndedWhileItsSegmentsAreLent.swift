// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'bio', but deinitialization requires exclusive access
// EXPECT: missing reinitialization of closure capture 'bio' after consume
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
    bio.forEachSegment { _ in bio.end(.ok) } // MISUSE
    bio.forEachSegment { _ in } // TWIN
    return .taken
  }
}
