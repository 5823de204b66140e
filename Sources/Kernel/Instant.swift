// SPDX-License-Identifier: GPL-2.0-only
// A moment, as the clock that never goes back counts it.
// C header: include/linux/timekeeping.h

internal import CKernel

/// A moment since the machine started, without the time that it was suspended.
/// The corresponding C constant is `CLOCK_MONOTONIC`.
public struct Instant: Comparable, Sendable {
  /// The time since the machine started.
  public let sinceBoot: Nanoseconds

  public init(sinceBoot: Nanoseconds) { self.sinceBoot = sinceBoot }

  /// This moment. The corresponding C function is `ktime_get_ns`.
  ///
  /// Context: any.
  public static var now: Instant {
    // SAFETY: it has no arguments and reads the clock.
    Instant(sinceBoot: Nanoseconds(Int64(truncatingIfNeeded: unsafe apus_now())))
  }

  /// The time from then to now.
  public var elapsed: Nanoseconds { Instant.now - self }

  public static func + (left: Instant, right: Nanoseconds) -> Instant { Instant(sinceBoot: left.sinceBoot + right) }
  public static func - (left: Instant, right: Instant) -> Nanoseconds { left.sinceBoot - right.sinceBoot }
  public static func < (left: Instant, right: Instant) -> Bool { left.sinceBoot < right.sinceBoot }
  public static func == (left: Instant, right: Instant) -> Bool { left.sinceBoot == right.sinceBoot }
}
