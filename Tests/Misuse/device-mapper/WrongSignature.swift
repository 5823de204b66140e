// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: does not conform to protocol 'DidResumeOperation'
// EXPECT: .*
import DeviceMapper

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}
  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> { .kill(bio) }
  func didResume() {} // MISUSE
  func didResume(in target: borrowing TargetContext) {} // TWIN
}
