// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a variable that is consumed and assigned again is not ended on every path
import BlockMQ
import Kernel

struct Holder: ~Copyable { var request: Request<Probe>; var count: Int }

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  let kept = SpinLockIRQ<Holder?>(nil)

  func queue(
    _ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext
  ) -> QueueResult<Self> {
    var request: Request<Probe>? = request.start()
    kept.withLock { holder in
      if let new = request.take() { holder?.request = new } // MISUSE
      if let new = request.take() { holder = Holder(request: new, count: 1) } // TWIN
    }
    return .accepted
  }
}
