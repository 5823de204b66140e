// SPDX-License-Identifier: GPL-2.0-only
// What a timer does when it expires.
// C header: include/linux/hrtimer.h (the callback of struct hrtimer)

internal import CKernel

/// What runs when a `Timer` expires: a value that the timer owns.
///
/// Attach `@TimerHandler` to the type; it writes the C callback.
///
/// The rules, and who keeps them:
/// - `expired` runs in hard interrupt context: it must not sleep, and what it shares with tasks lies behind a
///   `SpinLock` or an atomic. (The types keep that it is shared soundly; the debug kernel reports what sleeps.)
/// - It never runs on two CPUs at once for one timer. (The kernel keeps it.)
/// - The handler's value ends after its last run. (`Timer` keeps it.)
/// - A timer is not ended or waited for by its own handler, nor under a lock that its handler takes: that would wait
///   for ever. (`Timer` stops the first with a report.)
public protocol TimerHandler: ~Copyable, Sendable {
  /// The timer has expired.
  ///
  /// Context: hard interrupt; must not sleep.
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction

  /// The C callback; written by `@TimerHandler`.
  @unsafe static var timerCallback: TimerCallback<Self> { get }
}

/// What becomes of a timer whose handler has run. If its owner starts it meanwhile, the later of the two counts.
public enum TimerAction: Sendable {
  /// It rests until it is started.
  case stop

  /// It expires again, that long from now. Less than a microsecond counts as one.
  case restart(after: Nanoseconds)

  /// It expires again at the next multiple of a period after this expiry: a clock that does not drift. Periods that
  /// have passed meanwhile are left out. Less than a microsecond counts as one. Like C's `hrtimer_forward_now`.
  case forward(by: Nanoseconds)
}

/// What a handler is told about its timer. It exists only within the callback.
public struct TimerContext: ~Copyable, ~Escapable {
  /// This moment, as the timer's interrupt found it.
  public let now: Instant

  @_lifetime(immortal)
  init(now: Instant) { self.now = now }
}

/// The C callback of one type of timer's handler: `enum hrtimer_restart (*)(struct hrtimer *)`. It
/// cannot be made without `unsafe`, and another type's is of another type.
///
/// Invariant: `function` keeps the contract of the adapter's function for `Handler`.
@safe
public struct TimerCallback<Handler: TimerHandler & ~Copyable> {
  public typealias Function = @convention(c) (UnsafeMutableRawPointer?) -> CUnsignedInt

  let function: Function

  /// Written by the macro.
  @unsafe @inline(__always)
  public init(_ function: @escaping Function) {
    // INVARIANT: the macro's closure calls the adapter.
    unsafe self.function = function
  }
}

/// The call that the macro's code makes. A driver does not use it.
public enum TimerAdapter<Handler: TimerHandler & ~Copyable> {
  /// The callback of an hrtimer.
  ///
  /// Contract of the kernel and of `Timer`: `timer` is the first field of a `Timer<Handler>.Core`, which stays until
  /// this has returned.
  @inline(__always) @unsafe
  public static func expired(_ timer: UnsafeMutableRawPointer?) -> CUnsignedInt {
    // SAFETY: the contract above; only null is looked for, which the kernel never gives.
    guard let core = unsafe timer?.assumingMemoryBound(to: Timer<Handler>.Core.self) else { return 0 }
    // SAFETY: the contract above; the handler is only borrowed, as everywhere.
    let action = unsafe core.pointee.handler.expired(TimerContext(now: .now))
    // (Not a switch, for which the compiler provides a trap.)
    if case .restart(after: let delay) = action {
      // SAFETY: initialised by `Timer`; this is its callback.
      unsafe apus_timer_restart(core.pointee.timer.address, delay.count)
    } else if case .forward(by: let period) = action {
      // SAFETY: initialised by `Timer`; this is its callback.
      unsafe apus_timer_forward(core.pointee.timer.address, period.count)
    }
    // (HRTIMER_NORESTART: what restarts it has done so above.)
    return 0
  }
}
