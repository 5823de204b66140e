// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'inout sending' parameter 'kept' cannot be task-isolated at end of function
// A clone is for the request that it was made of: another one has other flags (REQ_INTEGRITY, REQ_POLLED), which the driver below believes.
import DeviceMapper
import Kernel

@DeviceMapperTarget("probe", version: (1, 0, 0), features: .immutable)
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice
  let kept = SpinLockIRQ<RequestClone?>(nil)

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    device = try target.open(arguments, at: 0, "no device")
  }

  func mapRequest(_ request: borrowing MappedRequest, in target: borrowing TargetContext) -> MapRequestResult {
    do throws(Errno) {
      var clone: RequestClone? = try request.clone(to: device)
      kept.withLock { kept in kept = clone.take() } // MISUSE
      kept.withLock { kept in kept = nil } // TWIN
      if let clone = clone.take() { return .remapped(clone) }
      return .requeue
    } catch {
      return .requeue
    }
  }
}
