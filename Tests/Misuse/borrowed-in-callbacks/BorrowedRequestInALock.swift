// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'BorrowedRequest<Probe>' .*conform to .*'Escapable'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  let last = SpinLockIRQ<BorrowedRequest<Probe>?>(nil) // MISUSE
  let last = SpinLockIRQ<Int>(0) // TWIN

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
