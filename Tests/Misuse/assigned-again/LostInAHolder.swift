// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a variable that is consumed and assigned again is not ended on every path
import DeviceMapper

struct Mark: TargetBioData {
  var count: Int

  init() { count = 0 }
}

struct Holder: ~Copyable {
  var bio: TargetBio<Probe>?

  init(_ bio: consuming TargetBio<Probe>) { self.bio = consume bio }
}

func end(_ holder: consuming Holder) {
  switch consume holder.bio {
  case .some(let bio): bio.end(.ok)
  case .none: break
  }
}

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  typealias BioData = Mark

  let kept = SpinLockIRQ<BioList<Probe>>(BioList())

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    var it = Holder(bio)
    it.bio?.data.count = 4
    let other = kept.withLock { $0.popFirst() }
    end(it)
    if let other {
      it = Holder(other); it.bio?.data.count = 5 // MISUSE
      var another = Holder(other); another.bio?.data.count = 5 // TWIN
    }
    return .taken
  }
}
