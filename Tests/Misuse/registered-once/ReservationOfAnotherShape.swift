// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type 'Probe' does not conform to protocol 'ReservationOperation'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func changeReservation(_ change: UInt32) throws(Errno) {} // MISUSE
  func changeReservation(_ change: ReservationChange) throws(Errno) {} // TWIN
}
