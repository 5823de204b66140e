// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a variable that is consumed and assigned again is not ended on every path
import BlockMQ
import Kernel

extension Request<Probe> {
  mutating func touch() {}
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  let kept = SpinLockIRQ<Request<Probe>?>(nil)

  func queue(
    _ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext
  ) -> QueueResult<Self> {
    var it: Request<Probe>? = request.start()
    it?.touch()
    let other = kept.withLock { $0.take() }
    if let first = it { first.end(.ok) }
    if let other {
      it = consume other; it?.touch() // MISUSE
      other.end(.ok) // TWIN
    }
    it = nil
    return .accepted
  }
}
