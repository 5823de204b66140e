// SPDX-License-Identifier: GPL-2.0-only
// A point in time of the monotonic clock.
// C header: include/linux/timekeeping.h

internal import CKernel

/// A point in time, measured from boot. Time in suspend does not count.
/// The corresponding C constant is `CLOCK_MONOTONIC`.
public struct Instant: Comparable, Sendable {
  /// The time since boot.
  public let sinceBoot: Nanoseconds

  /// The instant at that time since boot.
  public init(sinceBoot: Nanoseconds) { self.sinceBoot = sinceBoot }

  /// The current time. The corresponding C function is `ktime_get_ns`.
  ///
  /// Context: any.
  public static var now: Instant {
    // SAFETY: it takes no arguments and reads the clock.
    Instant(sinceBoot: Nanoseconds(Int64(truncatingIfNeeded: unsafe apus_now())))
  }

  /// The time from this instant until now.
  public var elapsed: Nanoseconds { Instant.now - self }

  /// The instant that is later by a duration, or earlier by a negative one; saturates.
  public static func + (left: Instant, right: Nanoseconds) -> Instant {
    Instant(sinceBoot: left.sinceBoot + right)
  }

  /// The time from the second instant to the first, negative if the first is earlier; saturates.
  public static func - (left: Instant, right: Instant) -> Nanoseconds {
    left.sinceBoot - right.sinceBoot
  }

  /// Whether the first instant is earlier than the second.
  public static func < (left: Instant, right: Instant) -> Bool { left.sinceBoot < right.sinceBoot }

  /// Whether both are the same instant.
  public static func == (left: Instant, right: Instant) -> Bool {
    left.sinceBoot == right.sinceBoot
  }
}
