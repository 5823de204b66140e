// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'request' is borrowed and cannot be consumed
import DeviceMapper

@DeviceMapperTarget("probe", version: (1, 0, 0), features: .immutable)
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    device = try target.open(arguments, at: 0, "no device")
  }

  func mapRequest(_ request: borrowing MappedRequest, in target: borrowing TargetContext) -> MapRequestResult {
    let kept = request // MISUSE
    let kept = request.sector // TWIN
    _ = kept.self
    return .requeue
  }
}
