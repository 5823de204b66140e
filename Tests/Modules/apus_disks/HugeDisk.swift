// SPDX-License-Identifier: GPL-2.0-only
// A driver whose requests have more data than the block layer allocates for one: 16 pages, which leaves no room for the request.

import BlockMQ
import Kernel

struct Huge: Sendable {
  var bytes: InlineArray<65528, UInt8>
  var more: UInt64
}

@BlockDriver
struct HugeDisk: BlockDriver, ~Copyable {
  typealias RequestData = Huge

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.start().end(.ok)
    return .accepted
  }

  /// No call comes here: there is no such tag set.
  static func makeRequestData(
    _ tagSetData: borrowing NoData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> Huge { throw .outOfMemory }
}
