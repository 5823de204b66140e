// SPDX-License-Identifier: GPL-2.0-only
// A high-resolution timer.
// C header: include/linux/hrtimer.h

internal import CKernel

/// A timer and the handler that it runs when it expires.
///
/// Its end cancels it: a handler that is running is waited for, and then the handler's value ends. So it does not end
/// under a lock that the handler takes, nor in the handler itself; the latter, which would wait for ever, stops with
/// a report.
///
/// lockdep does not know hrtimers, so the debug kernel cannot see a timer that is cancelled under a lock that its handler takes:
/// that shows as a CPU that hangs.
///
/// Invariant: `core` has an initialised timer as its first field, whose callback is `Handler`'s.
@safe
public struct Timer<Handler: TimerHandler & ~Copyable>: ~Copyable, @unchecked Sendable {
  // In memory of its own: the kernel keeps the timer in a tree.
  private let core: HeapBox<Core>

  @safe struct Core: ~Copyable {
    // First, for the callback.
    let timer: Cell<hrtimer>
    let handler: Handler
  }

  /// A timer that rests. The corresponding C function is `hrtimer_setup`, with `CLOCK_MONOTONIC`.
  ///
  /// Throws: `outOfMemory`; the handler's value has ended then.
  /// Context: as the flags say.
  public init(_ handler: consuming Handler, _ flags: AllocationFlags, node: NUMANode = .any) throws(Errno) {
    // SAFETY: all zeroes, until the next call makes it a timer.
    unsafe core = try HeapBox(Core(timer: Cell(hrtimer()), handler: handler), flags, node: node)
    // INVARIANT: the timer is at its last address, first in `Core`, and the callback is the macro's.
    unsafe apus_timer_init(core.value.timer.address, Handler.timerCallback.function)
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: the type's invariant. Nobody else has the timer, so it stays cancelled.
    refuseSelfEnd(unsafe apus_timer_is_own(core.value.timer.address))
    unsafe _ = apus_timer_cancel(core.value.timer.address)
    unsafe apus_unregistered()
  }

  /// Starts the timer, or starts it anew if it was to expire already.
  /// The corresponding C function is `hrtimer_start_range_ns`.
  ///
  /// - Parameters:
  ///   - after: how long from now; at once if it is not positive.
  ///   - slack: how much later would do as well, so that it can share an interrupt with others.
  ///
  /// Context: any.
  @inline(__always)
  public borrowing func start(after time: Nanoseconds, slack: Nanoseconds = .zero) {
    // SAFETY: the type's invariant; any time is a valid argument.
    unsafe apus_timer_start(core.value.timer.address, time.count, slack.count > 0 ? UInt64(slack.count) : 0)
  }

  /// Starts the timer, or starts it anew if it was to expire already.
  /// The corresponding C function is `hrtimer_start_range_ns`.
  ///
  /// - Parameters:
  ///   - at: when; at once if that has passed.
  ///   - slack: how much later would do as well, so that it can share an interrupt with others.
  ///
  /// Context: any.
  @inline(__always)
  public borrowing func start(at moment: Instant, slack: Nanoseconds = .zero) {
    // SAFETY: the type's invariant; any time is a valid argument.
    unsafe apus_timer_start_at(
      core.value.timer.address, moment.sinceBoot.count, slack.count > 0 ? UInt64(slack.count) : 0)
  }

  /// Makes the timer rest, and says whether it was to expire. A handler that is running is waited for, and what it
  /// wants restarted is not. (In the handler itself it does nothing: that decides by what it returns.)
  /// The corresponding C function is `hrtimer_cancel`.
  ///
  /// Context: any, but not under a lock that the handler takes.
  @discardableResult
  public borrowing func cancel() -> Bool {
    // SAFETY: the type's invariant.
    if unsafe apus_timer_is_own(core.value.timer.address) { return false }
    return unsafe apus_timer_cancel(core.value.timer.address)
  }

  /// Whether the timer is to expire, or its handler runs, at this moment. The corresponding C function is
  /// `hrtimer_active`.
  ///
  /// Context: any.
  public var isActive: Bool {
    // SAFETY: the type's invariant.
    unsafe apus_timer_is_active(core.value.timer.address)
  }

  /// The handler, shared with its callback.
  public var handler: Handler {
    // SAFETY: the core is the box's, and stays as long as this value.
    @inline(__always) _read { yield unsafe core.address.pointee.handler }
  }
}
