// SPDX-License-Identifier: GPL-2.0-only
// A duration.
// C header: include/linux/ktime.h

/// A duration in nanoseconds.
///
/// Arithmetic saturates at the largest or smallest value instead of overflowing, so no number from
/// a user can make it trap.
public struct Nanoseconds: Comparable, Sendable {
  /// The number of nanoseconds.
  public let count: Int64

  /// A duration of `count` nanoseconds, which may be negative.
  public init(_ count: Int64) { self.count = count }

  /// A duration of 0 nanoseconds.
  public static var zero: Nanoseconds { Nanoseconds(0) }

  /// A duration of `count` nanoseconds.
  public static func nanoseconds(_ count: Int) -> Nanoseconds { Nanoseconds(Int64(count)) }

  /// A duration of `count` microseconds; saturates.
  public static func microseconds(_ count: Int) -> Nanoseconds { Nanoseconds(1000) * count }

  /// A duration of `count` milliseconds; saturates.
  public static func milliseconds(_ count: Int) -> Nanoseconds { Nanoseconds(1_000_000) * count }

  /// A duration of `count` seconds; saturates.
  public static func seconds(_ count: Int) -> Nanoseconds { Nanoseconds(1_000_000_000) * count }

  /// Whole microseconds, rounded towards zero.
  public var microseconds: Int { Int(count / 1000) }

  /// Whole milliseconds, rounded towards zero.
  public var milliseconds: Int { Int(count / 1_000_000) }

  /// The sum of both durations; saturates.
  public static func + (left: Nanoseconds, right: Nanoseconds) -> Nanoseconds {
    let (sum, overflow) = left.count.addingReportingOverflow(right.count)
    return overflow ? limit(negative: right.count < 0) : Nanoseconds(sum)
  }

  /// The first duration less the second; saturates.
  public static func - (left: Nanoseconds, right: Nanoseconds) -> Nanoseconds {
    let (difference, overflow) = left.count.subtractingReportingOverflow(right.count)
    return overflow ? limit(negative: right.count > 0) : Nanoseconds(difference)
  }

  /// A multiple of the duration; saturates.
  public static func * (left: Nanoseconds, right: Int) -> Nanoseconds {
    let (product, overflow) = left.count.multipliedReportingOverflow(by: Int64(right))
    return overflow ? limit(negative: (left.count < 0) != (right < 0)) : Nanoseconds(product)
  }

  /// Whether the first duration is shorter than the second.
  public static func < (left: Nanoseconds, right: Nanoseconds) -> Bool { left.count < right.count }

  /// Whether both durations are equal.
  public static func == (left: Nanoseconds, right: Nanoseconds) -> Bool {
    left.count == right.count
  }

  private static func limit(negative: Bool) -> Nanoseconds { Nanoseconds(negative ? .min : .max) }
}
