// SPDX-License-Identifier: GPL-2.0-only
// A kernel thread that the driver owns.
// C header: include/linux/kthread.h

internal import CKernel

/// A kernel thread, running from the start, with the handler that it runs.
///
/// Destroying the value tells the thread to stop and waits for it. The handler is destroyed after
/// that. So the value must not be destroyed under a lock that the thread takes. Nor may the thread
/// destroy the value itself, which would wait forever: the library stops such a thread with a BUG
/// report.
///
/// Invariant: `thread` is a kernel thread to which this value holds a reference. It runs
/// `Handler`'s function, and its data is the memory of the handler in `box`.
///
/// ```swift
/// /// Makes the writes of a disk durable every five seconds, while there are any.
/// @ThreadHandler
/// struct PeriodicFlush: ThreadHandler, ~Copyable {
///   let lower: BlockDevice
///   let hasWrites = Atomic(false)
///
///   func wrote() { hasWrites.store(true, ordering: .releasing) }
///
///   func run(_ thread: borrowing ThreadContext) {
///     while !thread.shouldStop {
///       thread.sleep(for: .seconds(5))
///       guard hasWrites.exchange(false, ordering: .acquiringAndReleasing) else { continue }
///       do throws(Errno) { try lower.flush() } catch { log(.error, "flush failed: \(error)") }
///     }
///   }
/// }
///
/// /// The thread stops when the result ends. Each write calls `handler.wrote()`.
/// func startFlush(_ lower: consuming BlockDevice) throws(Errno) -> KernelThread<PeriodicFlush> {
///   try KernelThread("lazy_flush", PeriodicFlush(lower: lower))
/// }
/// ```
@safe
public struct KernelThread<Handler: ThreadHandler & ~Copyable>: ~Copyable, @unchecked Sendable {
  private let thread: UnsafeMutableRawPointer
  // Destroyed after `deinit` has waited for the thread.
  private let box: HeapBox<Handler>

  /// Creates and starts a thread. The corresponding C macro is `kthread_run`.
  ///
  /// - Parameter name: the thread's name. The task's `comm` holds its first 15 bytes.
  ///
  /// Throws: `outOfMemory`; `interrupted` if this task is being killed; the handler is destroyed
  /// then.
  /// Context: may sleep.
  public init(_ name: StaticCString, _ handler: consuming Handler, node: NUMANode = .any)
    throws(Errno)
  {
    let box = try HeapBox(handler, .kernel, node: node)
    var created: UnsafeMutableRawPointer?
    // SAFETY: a literal ends with a NUL and lives as long as the module; the helper copies it. The
    // handler's memory stays until the thread has ended, and the callback is the macro's.
    let result = unsafe apus_thread_create(
      &created, Handler.threadCallback.function, box.address, node.rawValue, name.cString)
    try Errno.check(result)
    // SAFETY: this only checks for null.
    guard let thread = unsafe created else { throw .outOfMemory }
    // INVARIANT: created above, with a reference.
    unsafe self.thread = thread
    self.box = box
    unsafe apus_registered()
    unsafe apus_thread_wake(thread)
  }

  deinit {
    // SAFETY: the type's invariant; the helper waits for the thread and drops the reference.
    refuseSelfEnd(unsafe apus_thread_is_current(thread))
    unsafe apus_thread_stop(thread)
    unsafe apus_unregistered()
  }

  /// The handler, which the thread shares.
  public var handler: Handler {
    // SAFETY: the box owns the handler, which lives as long as this value.
    @inline(__always) _read { yield unsafe box.address.pointee }
  }
}
