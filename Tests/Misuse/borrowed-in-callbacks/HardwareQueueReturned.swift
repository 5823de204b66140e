// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'HardwareQueue<Probe>' .*conform to .*'Escapable'|Escapable
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func commit(_ queue: borrowing HardwareQueue<Self>) {}
}

func index(_ request: borrowing Request<Probe>) -> Int? {
  request.withHardwareQueue { $0 }?.index // MISUSE
  request.withHardwareQueue { $0.index } // TWIN
}
