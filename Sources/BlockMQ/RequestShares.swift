// SPDX-License-Identifier: GPL-2.0-only
// A request that several bios carry out.

internal import CKernel
internal import Block
internal import Synchronization

/// The data of a request that is forwarded to another device: how many of its bios are on their way, and how they ended.
/// A driver that forwards says `typealias RequestData = RequestShares`, and `makeRequestData` makes one.
///
/// The count is 0 while nobody forwards the request; else it is how many have a share in it: each bio, and `forward` until it has
/// sent all of them. Whoever gives up the last share owns the request, and ends it.
public struct RequestShares: ~Copyable, Sendable {
  private let count = Atomic<Int>(0)

  // The first byte of what failed, and the status behind it in 8 bits: the smallest is the first. All ones if nothing did.
  private let failure = Atomic<UInt64>(UInt64.max)

  public init() {}

  /// The first share.
  @inline(__always)
  borrowing func begin() {
    failure.store(UInt64.max, ordering: .relaxed)
    count.store(1, ordering: .releasing)
  }

  /// One more share.
  @inline(__always)
  borrowing func add() { count.wrappingAdd(1, ordering: .relaxed) }

  /// Notes that what begins at a byte failed.
  @inline(__always)
  borrowing func fail(at offset: UInt32, _ status: BlockStatus) {
    let wanted = UInt64(offset) << 8 | UInt64(status.rawValue)
    var seen = failure.load(ordering: .relaxed)
    while wanted < seen {
      let (exchanged, original) = failure.compareExchange(expected: seen, desired: wanted, ordering: .relaxed)
      if exchanged { return }
      seen = original
    }
  }

  /// Gives up a share, and says whether it was the last one.
  @inline(__always)
  borrowing func leave() -> Bool {
    count.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0
  }

  /// What failed first, in the order of the sectors, and how.
  @inline(__always)
  var firstFailure: (offset: Int, status: BlockStatus)? {
    let word = failure.load(ordering: .relaxed)
    if word == UInt64.max { return nil }
    return (Int(truncatingIfNeeded: word >> 8), BlockStatus(rawValue: UInt8(truncatingIfNeeded: word)))
  }
}
