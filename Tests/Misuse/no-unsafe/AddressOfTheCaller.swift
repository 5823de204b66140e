// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import BlockMQ

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
  }

  func control(_ call: borrowing Ioctl) throws(Errno) -> Int32 {
    _ = UnsafeRawPointer(bitPattern: call.argument) // MISUSE
    _ = try call.readInteger(as: UInt32.self) // TWIN
    return 0
  }
}
