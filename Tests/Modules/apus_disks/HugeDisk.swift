// SPDX-License-Identifier: GPL-2.0-only
// A driver whose requests have more data than C counts bytes: 64 beyond 4 GiB.

import BlockMQ
import Kernel

struct Huge: Sendable {
  var bytes: InlineArray<4_294_967_360, UInt8>
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
