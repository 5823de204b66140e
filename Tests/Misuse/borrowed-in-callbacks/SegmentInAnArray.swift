// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'segment' is borrowed and cannot be consumed|requires that 'Segment' conform to 'Escapable'|does not conform to protocol 'Escapable'
// EXPECT: cannot infer contextual base in reference to member 'noIO'
import BlockMQ
import Kernel

func collect(_ request: borrowing Request<Probe>) throws(Errno) {
  var list = try RigidArray<Segment>(capacity: 4, .noIO) // MISUSE
  var list = try RigidArray<Int>(capacity: 4, .noIO) // TWIN
  _ = list.popLast() == nil
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }
}
