// SPDX-License-Identifier: GPL-2.0-only
// A driver whose request data is as large as the most that the block layer allocates for a request:
// 16 pages. This leaves no room for the request itself.

import BlockMQ
import Kernel

struct Huge: Sendable {
  var bytes: InlineArray<65528, UInt8>
  var more: UInt64
}

@BlockDriver
struct HugeDisk: BlockDriver, ~Copyable {
  typealias RequestData = Huge

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    request.start().end(.ok)
    return .accepted
  }

  /// Never called, because there is no such tag set.
  static func makeRequestData(
    _ tagSetData: borrowing NoData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> Huge { throw .outOfMemory }
}
