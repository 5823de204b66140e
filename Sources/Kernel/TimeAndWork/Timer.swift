// SPDX-License-Identifier: GPL-2.0-only
// A high-resolution timer.
// C header: include/linux/hrtimer.h

internal import CKernel

/// A timer and the handler that runs when it expires.
///
/// The end of this value cancels the timer: it waits for a running handler, and then ends the
/// handler's value. So a timer must not be ended under a lock that the handler takes, nor by the
/// handler itself. The latter would be a deadlock and stops the task with a report.
///
/// lockdep does not track hrtimers, so the debug kernel does not report a timer that is cancelled
/// under a lock that its handler takes. Such a cancellation hangs the CPU.
///
/// Invariant: `storage` has an initialised timer as its first field, whose callback is `Handler`'s.
///
/// ```swift
/// /// The bios of a slow disk that were executed and have not ended yet.
/// @TimerHandler
/// struct ExecutedBios: TimerHandler, ~Copyable {
///   private let bios = SpinLockIRQ(List<SubmittedBio>())
///
///   func expired(_ timer: borrowing TimerContext) -> TimerAction {
///     while let bio = bios.withLock(in: timer, { bios in bios.popFirst() }) { bio.end(.ok) }
///     return .stop
///   }
///
///   /// Keeps a bio. The first one starts the timer.
///   func add(_ bio: consuming SubmittedBio, _ timer: borrowing Timer<Self>) throws(Errno) {
///     var node = Optional(try List.Node(bio, .noIO))
///     let isFirst = bios.withLock { bios in
///       if let node = node.take() { bios.append(node) }
///       return bios.count == 1
///     }
///     if isFirst { timer.start(after: .milliseconds(4)) }
///   }
/// }
/// ```
@safe
public struct Timer<Handler: TimerHandler & ~Copyable>: ~Copyable, @unchecked Sendable {
  // In its own allocation, because the kernel keeps the timer in a tree.
  private let storage: HeapBox<Storage>

  @safe struct Storage: ~Copyable {
    // First, because the callback casts the timer's address to the storage's.
    let timer: Cell<hrtimer>
    let handler: Handler
  }

  /// Makes a timer that is not started.
  ///
  /// The corresponding C function is `hrtimer_setup`, with `CLOCK_MONOTONIC`.
  ///
  /// Throws: `outOfMemory`; the handler's value has ended then.
  /// Context: as the flags say.
  public init(_ handler: consuming Handler, _ flags: AllocationFlags, node: NUMANode = .any)
    throws(Errno)
  {
    // SAFETY: all zeroes is valid until the next call initialises the timer.
    unsafe storage = try HeapBox(
      Storage(timer: Cell(hrtimer()), handler: handler), flags, node: node)
    // INVARIANT: the timer is at its final address and first in `Storage`, and the macro made the
    // callback.
    unsafe apus_timer_init(storage.value.timer.address, Handler.timerCallback.function)
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: the type's invariant. Only this value can start the timer, so it stays cancelled.
    refuseSelfEnd(unsafe apus_timer_is_own(storage.value.timer.address))
    unsafe _ = apus_timer_cancel(storage.value.timer.address)
    unsafe apus_unregistered()
  }

  /// Starts the timer, or restarts it if it is already started.
  ///
  /// The corresponding C function is `hrtimer_start_range_ns`.
  ///
  /// - Parameters:
  ///   - after: the time from now; the timer expires immediately if it is not positive.
  ///   - slack: the acceptable delay, so that the timer can share an interrupt with others.
  ///
  /// Context: any.
  @inline(__always)
  public borrowing func start(after time: Nanoseconds, slack: Nanoseconds = .zero) {
    // SAFETY: the type's invariant; any time is a valid argument.
    unsafe apus_timer_start(
      storage.value.timer.address, time.count, slack.count > 0 ? UInt64(slack.count) : 0)
  }

  /// Starts the timer, or restarts it if it is already started.
  ///
  /// The corresponding C function is `hrtimer_start_range_ns`.
  ///
  /// - Parameters:
  ///   - at: the time of expiry; the timer expires immediately if it has passed.
  ///   - slack: the acceptable delay, so that the timer can share an interrupt with others.
  ///
  /// Context: any.
  @inline(__always)
  public borrowing func start(at moment: Instant, slack: Nanoseconds = .zero) {
    // SAFETY: the type's invariant; any time is a valid argument.
    unsafe apus_timer_start_at(
      storage.value.timer.address, moment.sinceBoot.count, slack.count > 0 ? UInt64(slack.count) : 0
    )
  }

  /// Cancels the timer and returns whether it was started.
  ///
  /// It waits for a running handler; a restart that the handler asks for has no effect. In the
  /// handler itself this does nothing, because the handler's result decides. The corresponding C
  /// function is `hrtimer_cancel`.
  ///
  /// Context: any, but not under a lock that the handler takes.
  @discardableResult
  public borrowing func cancel() -> Bool {
    // SAFETY: `init` initialised the timer, whose memory `storage` keeps until `deinit` has
    // cancelled it.
    if unsafe apus_timer_is_own(storage.value.timer.address) { return false }
    return unsafe apus_timer_cancel(storage.value.timer.address)
  }

  /// Whether the timer is started or its handler is running.
  ///
  /// The corresponding C function is `hrtimer_active`.
  ///
  /// Context: any.
  public var isActive: Bool {
    // SAFETY: `init` initialised the timer, whose memory `storage` keeps until `deinit` has
    // cancelled it.
    unsafe apus_timer_is_active(storage.value.timer.address)
  }

  /// The handler, which the callback uses as well.
  public var handler: Handler {
    // SAFETY: the box owns the storage, which stays as long as this value.
    @inline(__always) _read { yield unsafe storage.address.pointee.handler }
  }
}
