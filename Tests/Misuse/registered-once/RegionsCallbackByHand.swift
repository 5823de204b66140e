// SPDX-License-Identifier: GPL-2.0-only
// An end of I/O to several places that the macro has not seen: the target's end would not wait for
// it.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import DeviceMapper
import Kernel

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}

  borrowing func map(_ bio: consuming TargetBio<Self>, in context: borrowing MapContext) -> MapResult<Self> {
    .kill(bio)
  }
}

protocol Mine: Target, ~Copyable {}

extension Mine where Self: ~Copyable {
  borrowing func regionsEnded(
    _ bio: consuming TargetBio<Self>, _ errors: RegionErrors, in target: borrowing TargetContext
  ) {}
}

extension Probe: Mine {}

extension Probe: RegionsEndOperation {
  static var regionsCallback: RegionsCallback<Self> {
    RegionsCallback({ _, _ in }) // MISUSE
    while true {} // TWIN
  }
}
