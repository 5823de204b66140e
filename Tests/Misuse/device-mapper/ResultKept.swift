// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'inout sending' parameter 'kept' cannot be task-isolated at end of function
import Block
import DeviceMapper
import Kernel

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice
  let kept = SpinLockIRQ<MapResult<Probe>?>(nil)

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    device = try target.open(arguments, at: 0, "no device")
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    var result: MapResult<Probe>? = .kill(bio)
    kept.withLock { kept in kept = result.take() } // MISUSE
    kept.withLock { kept in kept = nil } // TWIN
    if let result = result.take() { return result }
    return .taken
  }
}
