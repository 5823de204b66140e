// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'request' consumed more than once
import BlockMQ

func part(_ request: consuming Request<Probe>) {
  let rest = request.end(.ok, byteCount: 512)
  request.end(.ok); _ = rest // MISUSE
  rest?.end(.ok) // TWIN
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
