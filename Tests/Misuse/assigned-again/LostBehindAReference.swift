// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a variable that is consumed and assigned again is not ended on every path
import BlockMQ
import Kernel

extension Request<Probe> {
  mutating func touch() {}
}

func renew(_ it: inout Request<Probe>?, _ other: consuming Request<Probe>, _ again: Bool) {
  if let first = it { first.end(.ok) }
  if again { it = consume other; it?.touch() } // MISUSE
  other.end(.ok) // TWIN
  it = nil
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  let kept = SpinLockIRQ<Request<Probe>?>(nil)

  func queue(
    _ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext
  ) -> QueueResult<Self> {
    var it = kept.withLock { $0.take() }
    renew(&it, request.start(), true)
    return .accepted
  }
}
