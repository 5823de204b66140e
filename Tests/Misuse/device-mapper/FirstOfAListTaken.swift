// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'first' is borrowed and cannot be consumed
import DeviceMapper

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  let kept = SpinLockIRQ(BioList<Probe>())

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    let isFirst = kept.withLock { list in
      list.withFirst { first in
        first.end(.ok) // MISUSE
        _ = first.length // TWIN
        return true
      } ?? false
    }
    return isFirst ? .kill(bio) : .requeue(bio)
  }
}
