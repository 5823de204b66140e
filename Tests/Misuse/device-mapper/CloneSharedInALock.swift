// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: sending value of non-Sendable type 'RequestClone' risks causing data races
import DeviceMapper
import Kernel

@DeviceMapperTarget("probe", version: (1, 0, 0), features: .immutable)
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice
  let kept = SpinLockIRQ<Shared<SpinLockIRQ<RequestClone?>>?>(nil)

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    device = try target.open(arguments, at: 0, "no device")
  }

  func mapRequest(_ request: borrowing MappedRequest, in target: borrowing TargetContext) -> MapRequestResult {
    do throws(Errno) {
      var fresh: Shared<SpinLockIRQ<RequestClone?>>?
      fresh = try Shared(SpinLockIRQ<RequestClone?>(try request.clone(to: device)), .noWait) // MISUSE
      fresh = try Shared(SpinLockIRQ<RequestClone?>(nil), .noWait) // TWIN
      kept.withLock { kept in kept = fresh.take() }
      return .requeue
    } catch {
      return .requeue
    }
  }
}
