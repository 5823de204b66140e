// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a variable that is consumed and assigned again ends before its last use
import DeviceMapper

struct Mark: TargetBioData {
  var count: Int

  init() { count = 0 }
}

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  typealias BioData = Mark

  let kept = SpinLockIRQ<BioList<Probe>>(BioList())

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    var it = bio
    it.data.count = 4
    let other = kept.withLock { $0.popFirst() }
    it.end(.ok)
    if let other {
      it = other; it.data.count = 5 // MISUSE
      var another = other; another.data.count = 5 // TWIN
    }
    return .taken
  }
}
