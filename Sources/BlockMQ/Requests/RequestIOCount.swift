// SPDX-License-Identifier: GPL-2.0-only
// The count of bios that carry out a forwarded request.

internal import CKernel
internal import Block
internal import Synchronization

/// The data of a request that is forwarded to another device: the number of its bios in flight, and
/// how they ended.
///
/// A driver that forwards declares `typealias RequestData = RequestIOCount`, and its
/// `makeRequestData` makes one.
///
/// The count is 0 while the request is not being forwarded. Otherwise it counts each bio in flight,
/// and `forward` until that has sent all bios. The bio or call that drops the count to 0 owns the
/// request and ends it.
public struct RequestIOCount: ~Copyable, Sendable {
  private let count = Atomic<Int>(0)

  // The offset of the first byte of the failed part, then 8 bits of status. So the smallest value
  // is the first failure. All ones if no part failed.
  private let failure = Atomic<UInt64>(UInt64.max)

  /// Creates the data of a request that is not being forwarded: a count of 0, no failure.
  public init() {}

  /// Sets the count to 1, for `forward` itself.
  @inline(__always)
  borrowing func begin() {
    failure.store(UInt64.max, ordering: .relaxed)
    count.store(1, ordering: .releasing)
  }

  /// Counts one more bio.
  @inline(__always)
  borrowing func add() { count.wrappingAdd(1, ordering: .relaxed) }

  /// Notes that the part that begins at `offset` failed.
  @inline(__always)
  borrowing func fail(at offset: UInt32, _ status: BlockStatus) {
    let wanted = UInt64(offset) << 8 | UInt64(status.rawValue)
    var seen = failure.load(ordering: .relaxed)
    while wanted < seen {
      let (exchanged, original) = failure.compareExchange(
        expected: seen, desired: wanted, ordering: .relaxed)
      if exchanged { return }
      seen = original
    }
  }

  /// Drops one count. Returns whether it was the last one.
  @inline(__always)
  borrowing func leave() -> Bool {
    count.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0
  }

  /// The first failed part in the order of the sectors, and its status.
  @inline(__always)
  var firstFailure: (offset: Int, status: BlockStatus)? {
    let word = failure.load(ordering: .relaxed)
    if word == UInt64.max { return nil }
    return (
      Int(truncatingIfNeeded: word >> 8), BlockStatus(rawValue: UInt8(truncatingIfNeeded: word))
    )
  }
}
