// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'clone' consumed more than once
import DeviceMapper

@DeviceMapperTarget("probe", version: (1, 0, 0), features: .immutable)
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    device = try target.open(arguments, at: 0, "no device")
  }

  func keep(_ clone: consuming RequestClone) {}

  func mapRequest(_ request: borrowing MappedRequest, in target: borrowing TargetContext) -> MapRequestResult {
    do throws(Errno) {
      let clone = try request.clone(to: device)
      keep(clone) // MISUSE
      // TWIN
      return .remapped(clone)
    } catch {
      return .requeue
    }
  }
}
