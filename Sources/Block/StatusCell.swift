// SPDX-License-Identifier: GPL-2.0-only
// A status that is set in one place and read in another.
// C header: include/linux/blk_types.h (blk_status_t)

public import Synchronization

/// A status that one CPU may set while others read it: what a driver keeps with a request whose end comes later.
///
/// Context: any.
public struct StatusCell: ~Copyable, Sendable {
  private let raw: Atomic<UInt8>

  public init(_ status: BlockStatus = .ok) { raw = Atomic(status.rawValue) }

  /// The status now.
  public var value: BlockStatus { BlockStatus(rawValue: raw.load(ordering: .relaxed)) }

  /// Sets the status.
  public borrowing func set(_ status: BlockStatus) { raw.store(status.rawValue, ordering: .relaxed) }

  /// Sets the status if there was no error, which stays otherwise; gives the one that it is then.
  @discardableResult
  public borrowing func setUnlessFailed(_ status: BlockStatus) -> BlockStatus {
    let (exchanged, original) = raw.compareExchange(
      expected: BlockStatus.ok.rawValue, desired: status.rawValue, ordering: .relaxed)
    return exchanged ? status : BlockStatus(rawValue: original)
  }
}
