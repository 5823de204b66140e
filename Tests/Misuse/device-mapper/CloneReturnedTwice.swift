// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'clone' consumed more than once
import DeviceMapper

@DeviceMapperTarget("probe", version: (1, 0, 0), features: .immutable)
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice
  let kept = SpinLock<RequestClone?>(nil)

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    device = try target.open(arguments, at: 0, "no device")
  }

  func mapRequest(_ request: borrowing MappedRequest, in target: borrowing TargetContext) -> MapRequestResult {
    do throws(Errno) {
      let clone = try request.clone(to: device)
      kept.withLock { kept in kept = clone } // MISUSE
      // TWIN
      return .remapped(clone)
    } catch {
      return .requeue
    }
  }
}
