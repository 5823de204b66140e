// SPDX-License-Identifier: GPL-2.0-only
// The handler of a timer.
// C header: include/linux/hrtimer.h (the callback of struct hrtimer)

internal import CKernel

/// The handler that runs when a `Timer` expires: a value that the timer owns.
///
/// Attach `@TimerHandler` to the type; it writes the C callback.
///
/// The rules, and what ensures them:
/// - `expired` runs in hard interrupt context. It must not sleep, and state that it shares with
///   tasks is behind a `SpinLockIRQ` or an atomic. (The type system ensures that sharing is safe;
///   the debug kernel reports a handler that sleeps.)
/// - It never runs concurrently with itself for one timer. (The kernel ensures this.)
/// - The handler's value ends after its last run. (`Timer` ensures this.)
/// - The timer is not ended or waited for by its own handler, nor under a lock that its handler
///   takes: that would be a deadlock. (In the first case `Timer` stops the task with a report.)
public protocol TimerHandler: ~Copyable, Sendable {
  /// The timer has expired.
  ///
  /// Context: hard interrupt; must not sleep.
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction

  /// The C callback; written by `@TimerHandler`.
  @unsafe static var timerCallback: TimerCallback<Self> { get }
}

/// What happens to a timer after its handler has run.
///
/// If the owner starts the timer meanwhile, the later start takes effect.
public enum TimerAction: Sendable {
  /// The timer stays off until it is started.
  case stop

  /// The timer expires again after this time from now, at least a microsecond.
  case restart(after: Nanoseconds)

  /// The timer expires again at the next multiple of a period after this expiry, so a periodic
  /// timer does not drift.
  ///
  /// Periods that have already passed are skipped. The period is at least a microsecond. Like C's
  /// `hrtimer_forward_now`.
  case forward(by: Nanoseconds)
}

/// Information for a handler about its timer. It exists only within the callback.
public struct TimerContext: ~Copyable, ~Escapable {
  /// The time at which the callback began.
  public let now: Instant

  @_lifetime(immortal)
  init(now: Instant) { self.now = now }
}

/// The C callback of one handler type: `enum hrtimer_restart (*)(struct hrtimer *)`.
///
/// Making one requires `unsafe`, and the callback of another handler has another type.
///
/// Invariant: `function` keeps the contract of the adapter's function for `Handler`.
@safe
public struct TimerCallback<Handler: TimerHandler & ~Copyable> {
  /// The callback's type in Swift: it gets the `struct hrtimer`, and returns a value of
  /// `enum hrtimer_restart`.
  public typealias Function = @convention(c) (UnsafeMutableRawPointer?) -> CUnsignedInt

  let function: Function

  /// Written by the macro.
  @unsafe @inline(__always)
  public init(_ function: @escaping Function) {
    // INVARIANT: the macro's closure calls the adapter.
    unsafe self.function = function
  }
}

/// The function that the macro's code calls. A driver does not use it.
public enum TimerAdapter<Handler: TimerHandler & ~Copyable> {
  /// The callback of an hrtimer.
  ///
  /// Contract of the kernel and of `Timer`: `timer` is the first field of a
  /// `Timer<Handler>.Storage`, which stays until this function has returned.
  @inline(__always) @unsafe
  public static func expired(_ timer: UnsafeMutableRawPointer?) -> CUnsignedInt {
    // SAFETY: the contract above. The pointer is only compared with null, which the kernel never
    // passes.
    guard let storage = unsafe timer?.assumingMemoryBound(to: Timer<Handler>.Storage.self) else {
      return 0
    }
    // SAFETY: the contract above; the handler is only borrowed.
    let action = unsafe storage.pointee.handler.expired(TimerContext(now: .now))
    // Not a switch, because the compiler would add a trap for other values.
    if case .restart(after: let delay) = action {
      // SAFETY: `Timer` initialised it, and this is its callback.
      unsafe apus_timer_restart(storage.pointee.timer.address, delay.count)
    } else if case .forward(by: let period) = action {
      // SAFETY: `Timer` initialised it, and this is its callback.
      unsafe apus_timer_forward(storage.pointee.timer.address, period.count)
    }
    // HRTIMER_NORESTART: a restart was done above.
    return 0
  }
}
