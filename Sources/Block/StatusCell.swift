// SPDX-License-Identifier: GPL-2.0-only
// A status that CPUs set and read concurrently.
// C header: include/linux/blk_types.h (blk_status_t)

public import Synchronization

/// A status that one CPU may set while others read it. A driver keeps it with a request that
/// completes later.
///
/// Context: any.
public struct StatusCell: ~Copyable, Sendable {
  private let raw: Atomic<UInt8>

  /// Creates a cell with a first status, `ok` by default.
  public init(_ status: BlockStatus = .ok) { raw = Atomic(status.rawValue) }

  /// The current status.
  public var value: BlockStatus { BlockStatus(rawValue: raw.load(ordering: .relaxed)) }

  /// Sets the status.
  public borrowing func set(_ status: BlockStatus) {
    raw.store(status.rawValue, ordering: .relaxed)
  }

  /// Sets the status unless it is an error already, and returns the resulting status.
  @discardableResult
  public borrowing func setUnlessFailed(_ status: BlockStatus) -> BlockStatus {
    let (exchanged, original) = raw.compareExchange(
      expected: BlockStatus.ok.rawValue, desired: status.rawValue, ordering: .relaxed)
    return exchanged ? status : BlockStatus(rawValue: original)
  }
}
