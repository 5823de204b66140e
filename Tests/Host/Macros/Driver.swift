// SPDX-License-Identifier: GPL-2.0-only
// A block driver.

import BlockMQ
import Kernel

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}

@BlockDriver
struct Timed: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.start().startTimer(.microseconds(10))
    return .accepted
  }

  func timerExpired(_ request: consuming Request<Self>) { request.complete() }

  func complete(_ request: consuming Request<Self>) { request.end(.ok) }

  func takeBudget() -> Int32? { 1 }

  func returnBudget(_ token: Int32) {}
}
