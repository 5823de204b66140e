// SPDX-License-Identifier: GPL-2.0-only
// Queues of work that kernel worker threads execute.
// C header: include/linux/workqueue.h

internal import CKernel

/// One reference to a work queue.
///
/// Each item that is made for the queue holds another reference. The kernel destroys the queue and
/// releases its threads when the last reference ends.
///
/// lockdep treats each queue as a class of its own, which the kernel makes.
///
/// Context: the end of the last reference may sleep.
///
/// Invariant: `raw` is a `struct workqueue_struct`, which stays as long as `owner`, or for ever if
/// `owner` is nil.
///
/// ```swift
/// @WorkHandler
/// struct LegFlush: WorkHandler, ~Copyable {
///   let leg: BlockDevice
///
///   func run(_ work: borrowing WorkContext) {
///     do throws(Errno) { try leg.flush() } catch {
///       log(.error, "a leg of the mirror was not flushed: \(error)")
///     }
///   }
/// }
///
/// /// Flushes the legs of a mirror, all at the same time, and closes them.
/// func closeMirror(_ legs: inout List<BlockDevice>) throws(Errno) {
///   let queue = try WorkQueue("mirror_flush", .unbound)
///   var flushes = List<WorkItem<LegFlush>>()
///   while let leg = legs.popFirst() {
///     let flush = try WorkItem(LegFlush(leg: leg), on: queue, .kernel)
///     flush.queue()
///     try flushes.append(flush, .kernel)
///   }
///   try queue.flush()
/// }
/// ```
@safe
public struct WorkQueue: ~Copyable, @unchecked Sendable {
  private let owner: Shared<Owned>?
  private let raw: UnsafeMutableRawPointer

  /// The queue itself, which ends with its last reference.
  @safe @usableFromInline struct Owned: ~Copyable, @unchecked Sendable {
    let raw: UnsafeMutableRawPointer

    deinit {
      // SAFETY: the last reference ends here. Each item holds a reference, so no item of the queue
      // is left.
      unsafe apus_wq_destroy(raw)
    }
  }

  /// How a queue executes its work.
  ///
  /// Options are combined like allocation flags: `.memoryReclaim | .highPriority`.
  public struct Options: Equatable, Sendable {
    let rawValue: UInt32

    /// The union of both sets of options.
    public static func | (left: Options, right: Options) -> Options {
      Options(rawValue: left.rawValue | right.rawValue)
    }

    /// Whether both are the same set of options.
    public static func == (left: Options, right: Options) -> Bool {
      left.rawValue == right.rawValue
    }

    /// Executes work on the CPU that queues it, with normal priority.
    public static var none: Options { Options(rawValue: 0) }

    /// Makes progress even if there is no memory for another thread.
    ///
    /// Every queue that I/O waits for needs this option. The corresponding C constant is
    /// `WQ_MEM_RECLAIM`.
    public static var memoryReclaim: Options { Options(rawValue: APUS_WQ_MEM_RECLAIM.rawValue) }

    /// Executes work in threads of high priority. The corresponding C constant is `WQ_HIGHPRI`.
    public static var highPriority: Options { Options(rawValue: APUS_WQ_HIGHPRI.rawValue) }

    /// Executes work on any CPU that the scheduler chooses, for work that takes long.
    ///
    /// The corresponding C constant is `WQ_UNBOUND`.
    public static var unbound: Options { Options(rawValue: APUS_WQ_UNBOUND.rawValue) }

    /// Work that uses a CPU for long does not delay other work of that CPU.
    ///
    /// The corresponding C constant is `WQ_CPU_INTENSIVE`.
    public static var cpuIntensive: Options { Options(rawValue: APUS_WQ_CPU_INTENSIVE.rawValue) }

    /// Pauses while the system is suspended. The corresponding C constant is `WQ_FREEZABLE`.
    public static var freezable: Options { Options(rawValue: APUS_WQ_FREEZABLE.rawValue) }

    /// Exposes the queue's settings in sysfs. No two such queues may have the same name: the second
    /// one is not made, and the log has a stack trace. The corresponding C constant is `WQ_SYSFS`.
    public static var inSysfs: Options { Options(rawValue: APUS_WQ_SYSFS.rawValue) }
  }

  /// Makes a new queue. The corresponding C function is `alloc_workqueue`.
  ///
  /// - Parameters:
  ///   - name: the queue's name; cut off after 23 bytes (31 from Linux 6.9 on).
  ///   - maximumActive: the maximum number of its items that run concurrently, on each CPU if the
  ///     queue is bound; 0 for the kernel's default, 512 at most.
  ///
  /// Throws: `invalidArgument` for a number out of range, and for a name that is empty or contains
  /// a NUL; `outOfMemory`.
  /// Context: may sleep.
  public init(_ name: StaticCString, _ options: Options = .none, maximumActive: Int = 0)
    throws(Errno)
  {
    // (sysfs warns about an entry without a name.)
    guard maximumActive >= 0, maximumActive <= Int(APUS_WQ_MAX_ACTIVE.rawValue),
      name.isName
    else {
      throw .invalidArgument
    }
    // SAFETY: a literal ends with a NUL and lives for ever; the helper copies it. The number was
    // checked.
    let raw = unsafe apus_wq_alloc(
      name.cString, options.rawValue, CInt(truncatingIfNeeded: maximumActive))
    // SAFETY: the queue was allocated above.
    try unsafe self.init(owning: raw)
  }

  /// Makes a new queue that executes one item at a time, in the order of queueing.
  ///
  /// The corresponding C function is `alloc_ordered_workqueue`.
  ///
  /// - Parameter options: only `memoryReclaim`, `highPriority` and `freezable` are possible.
  ///
  /// Throws: `invalidArgument` for other options; `outOfMemory`.
  /// Context: may sleep.
  public init(ordered name: StaticCString, _ options: Options = .none) throws(Errno) {
    let possible: Options = .memoryReclaim | .highPriority | .freezable
    guard options | possible == possible else { throw .invalidArgument }
    // SAFETY: a literal ends with a NUL and lives for ever; the helper copies it.
    let raw = unsafe apus_wq_alloc_ordered(name.cString, options.rawValue)
    // SAFETY: the queue was allocated above.
    try unsafe self.init(owning: raw)
  }

  /// The first reference to a queue that was just allocated. Throws `outOfMemory` for null.
  private init(owning raw: UnsafeMutableRawPointer?) throws(Errno) {
    // SAFETY: the pointer is only compared with null.
    guard let raw = unsafe raw else { throw .outOfMemory }
    // INVARIANT: the end of the last reference destroys the queue. If there is no memory for the
    // count, this call destroys it.
    unsafe owner = try Shared(Owned(raw: raw), .kernel)
    unsafe self.raw = raw
  }

  private init(_ owner: consuming Shared<Owned>?, _ raw: UnsafeMutableRawPointer) {
    // INVARIANT: the caller passes one of the kernel's own queues, or a queue with a reference to
    // its owner.
    self.owner = owner
    unsafe self.raw = raw
  }

  /// The kernel's own queue, for short work. The corresponding C variable is `system_wq`.
  public static var system: WorkQueue {
    // SAFETY: the kernel's own queues stay for ever.
    unsafe WorkQueue(nil, apus_wq_system())
  }

  /// The kernel's own queue with threads of high priority.
  ///
  /// The corresponding C variable is `system_highpri_wq`.
  public static var systemHighPriority: WorkQueue {
    // SAFETY: the kernel's own queues stay for ever.
    unsafe WorkQueue(nil, apus_wq_system_high_priority())
  }

  /// The kernel's own queue for work on any CPU.
  ///
  /// The corresponding C variable is `system_unbound_wq`.
  public static var systemUnbound: WorkQueue {
    // SAFETY: the kernel's own queues stay for ever.
    unsafe WorkQueue(nil, apus_wq_system_unbound())
  }

  /// Takes another reference to the queue.
  ///
  /// Context: any.
  public borrowing func share() -> WorkQueue {
    // SAFETY: the new value is a reference to the same queue.
    switch owner {
    case .some(let owner): unsafe WorkQueue(owner.share(), raw)
    case .none: unsafe WorkQueue(nil, raw)
    }
  }

  /// Waits until all work that was queued before this call has run.
  ///
  /// It does not wait for delayed items whose time has not come.
  ///
  /// The corresponding C function is `flush_workqueue`.
  ///
  /// Throws: `notSupported` for the kernel's own queues, which hold work of other modules: flush
  /// the item instead.
  /// Context: may sleep; not in an item of this queue.
  public borrowing func flush() throws(Errno) {
    guard owner != nil else { throw .notSupported }
    // SAFETY: `owner` is not nil, so this value's reference keeps the queue.
    unsafe apus_wq_flush(raw)
  }

  /// The queue, as C sees it.
  @unsafe
  var pointer: UnsafeMutableRawPointer { unsafe raw }
}
