// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'bio' is borrowed and cannot be consumed
import DeviceMapper

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}
  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> { .kill(bio) }
  func ended(
    _ bio: borrowing EndedBio<Self>, _ status: BlockStatus, in target: borrowing TargetContext
  ) -> EndResult {
    let kept = bio // MISUSE
    let kept = bio.byteCount // TWIN
    _ = kept.self
    return .done(status)
  }
}
