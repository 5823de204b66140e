// SPDX-License-Identifier: GPL-2.0-only
// Threads of the kernel's that carry out work.
// C header: include/linux/workqueue.h

internal import CKernel

/// One owner of a work queue. Each item that was made for a queue is another, so the queue ends, and its threads are
/// given back, with the last of its items or with whoever made it, whichever is later.
///
/// lockdep knows each queue by a class of its own, which the kernel makes.
///
/// Context: the last owner's end may sleep.
///
/// Invariant: `raw` is a `struct workqueue_struct`, which stays as long as `owner`, or for ever if that is nil.
@safe
public struct WorkQueue: ~Copyable, @unchecked Sendable {
  private let owner: Shared<Owned>?
  private let raw: UnsafeMutableRawPointer

  /// Ends with its last owner.
  @safe @usableFromInline struct Owned: ~Copyable, @unchecked Sendable {
    let raw: UnsafeMutableRawPointer

    deinit {
      // SAFETY: the last owner's end: no item is left that could be queued, since each is an owner.
      unsafe apus_wq_destroy(raw)
    }
  }

  /// How a queue carries out its work. Options are united as allocation flags are: `.memoryReclaim | .highPriority`.
  public struct Options: Equatable, Sendable {
    let rawValue: UInt32

    public static func | (left: Options, right: Options) -> Options {
      Options(rawValue: left.rawValue | right.rawValue)
    }
    public static func == (left: Options, right: Options) -> Bool { left.rawValue == right.rawValue }

    /// On the CPU that queues, with normal priority.
    public static var none: Options { Options(rawValue: 0) }

    /// Goes on when there is no memory for another thread: for every queue that I/O waits for.
    /// The corresponding C constant is `WQ_MEM_RECLAIM`.
    public static var memoryReclaim: Options { Options(rawValue: APUS_WQ_MEM_RECLAIM.rawValue) }

    /// By threads of high priority. The corresponding C constant is `WQ_HIGHPRI`.
    public static var highPriority: Options { Options(rawValue: APUS_WQ_HIGHPRI.rawValue) }

    /// On any CPU, as the scheduler sees fit: for work that takes long. The corresponding C constant is `WQ_UNBOUND`.
    public static var unbound: Options { Options(rawValue: APUS_WQ_UNBOUND.rawValue) }

    /// Work that takes a CPU for long does not keep the other work of that CPU waiting.
    /// The corresponding C constant is `WQ_CPU_INTENSIVE`.
    public static var cpuIntensive: Options { Options(rawValue: APUS_WQ_CPU_INTENSIVE.rawValue) }

    /// Pauses while the machine is suspended. The corresponding C constant is `WQ_FREEZABLE`.
    public static var freezable: Options { Options(rawValue: APUS_WQ_FREEZABLE.rawValue) }

    /// Its settings appear in /sys. The corresponding C constant is `WQ_SYSFS`.
    public static var inSysfs: Options { Options(rawValue: APUS_WQ_SYSFS.rawValue) }
  }

  /// A queue of one's own. The corresponding C function is `alloc_workqueue`.
  ///
  /// - Parameters:
  ///   - name: of its threads; cut off after 23 bytes (31 from Linux 6.9 on).
  ///   - maximumActive: how many of its items run at once, on each CPU if bound; 0 for the kernel's default, 512 at most.
  ///
  /// Throws: `invalidArgument` for a number out of range; `outOfMemory`.
  /// Context: may sleep.
  public init(_ name: Literal, _ options: Options = .none, maximumActive: Int = 0) throws(Errno) {
    guard maximumActive >= 0, maximumActive <= Int(APUS_WQ_MAX_ACTIVE.rawValue) else { throw .invalidArgument }
    // SAFETY: a literal ends with a NUL and lives for ever; the helper copies it. The number was checked.
    let raw = unsafe apus_wq_alloc(name.cString, options.rawValue, CInt(truncatingIfNeeded: maximumActive))
    // SAFETY: it was allocated just now.
    try unsafe self.init(owning: raw)
  }

  /// A queue of one's own that carries out one item at a time, in their order.
  /// The corresponding C function is `alloc_ordered_workqueue`.
  ///
  /// - Parameter options: of these only `memoryReclaim`, `highPriority`, `freezable` and `inSysfs`.
  ///
  /// Throws: `invalidArgument` for other options; `outOfMemory`.
  /// Context: may sleep.
  public init(ordered name: Literal, _ options: Options = .none) throws(Errno) {
    let possible: Options = .memoryReclaim | .highPriority | .freezable | .inSysfs
    guard options | possible == possible else { throw .invalidArgument }
    // SAFETY: a literal ends with a NUL and lives for ever; the helper copies it.
    let raw = unsafe apus_wq_alloc_ordered(name.cString, options.rawValue)
    // SAFETY: it was allocated just now.
    try unsafe self.init(owning: raw)
  }

  /// The first owner of a queue that was allocated, unless it is null.
  private init(owning raw: UnsafeMutableRawPointer?) throws(Errno) {
    // SAFETY: only null is looked for.
    guard let raw = unsafe raw else { throw .outOfMemory }
    // INVARIANT: the last owner destroys it; if there is no memory for the count, this call does.
    unsafe owner = try Shared(Owned(raw: raw), .kernel)
    unsafe self.raw = raw
  }

  private init(_ owner: consuming Shared<Owned>?, _ raw: UnsafeMutableRawPointer) {
    // INVARIANT: the caller's own queue, and a share of its owner.
    self.owner = owner
    unsafe self.raw = raw
  }

  /// The kernel's own queue, for short work. The corresponding C variable is `system_wq`.
  public static var system: WorkQueue {
    // SAFETY: the kernel's queues stay for ever.
    unsafe WorkQueue(nil, apus_wq_system())
  }

  /// The kernel's own queue with threads of high priority. The corresponding C variable is `system_highpri_wq`.
  public static var systemHighPriority: WorkQueue {
    // SAFETY: the kernel's queues stay for ever.
    unsafe WorkQueue(nil, apus_wq_system_high_priority())
  }

  /// The kernel's own queue for work on any CPU. The corresponding C variable is `system_unbound_wq`.
  public static var systemUnbound: WorkQueue {
    // SAFETY: the kernel's queues stay for ever.
    unsafe WorkQueue(nil, apus_wq_system_unbound())
  }

  /// One more owner of the same queue.
  ///
  /// Context: any.
  public borrowing func share() -> WorkQueue {
    // SAFETY: the new value is an owner as this one is.
    switch owner {
    case .some(let owner): unsafe WorkQueue(owner.share(), raw)
    case .none: unsafe WorkQueue(nil, raw)
    }
  }

  /// Waits until all that was queued before has been carried out. Items that wait for their time are not waited for.
  /// The corresponding C function is `flush_workqueue`.
  ///
  /// Throws: `notSupported` for the kernel's own queues, which hold other modules' work: flush the item instead.
  /// Context: may sleep; not in an item of this queue.
  public borrowing func flush() throws(Errno) {
    guard owner != nil else { throw .notSupported }
    // SAFETY: the type's invariant.
    unsafe apus_wq_flush(raw)
  }

  /// The queue, as C knows it.
  @unsafe
  var pointer: UnsafeMutableRawPointer { unsafe raw }
}
