// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'route' is borrowed and cannot be consumed
import DeviceMapper

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    device = try target.open(arguments, at: 0, "no device")
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> { .kill(bio) }

  func prepareIoctl(_ route: borrowing IoctlRoute, in target: borrowing TargetContext) throws(Errno) {
    let kept = route // MISUSE
    let kept = target.length // TWIN
    _ = kept.self
    route.pass(to: device, isWhole: false)
  }
}
