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

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    var it: Request<Probe>? = request.start()
    it?.touch()
    let other = kept.withLock { $0.take() }
    // The compiler's output contains the text, which must not look like a use of the variable.
    log(.info, "\"%0 %1 %2 %3 %4 %5 %6 %7 %8 %9 %10 %11 %12 %13 %14 %15 %16 %17 %18 %19 %20")
    if let first = it { first.end(.ok) }
    if let other {
      it = consume other; it?.touch() // MISUSE
      var another: Request<Probe>? = consume other; another?.touch() // TWIN
    }
    return .accepted
  }
}
