// SPDX-License-Identifier: GPL-2.0-only
// Only the adapter makes requests.
// EXPECT: initializer is inaccessible due to 'internal' protection level
import BlockMQ

func request(_ request: consuming Request<Probe>, _ pointer: UnsafeMutableRawPointer) -> Request<Probe> {
  Request(pointer) // MISUSE
  request // TWIN
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
