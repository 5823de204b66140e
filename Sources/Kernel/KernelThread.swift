// SPDX-License-Identifier: GPL-2.0-only
// A thread of one's own in the kernel.
// C header: include/linux/kthread.h

internal import CKernel

/// A kernel thread, running from the start, and the handler that it runs.
///
/// Its end tells the thread to stop and waits for it; then the handler's value ends. So it does not end under a lock
/// that the thread takes, nor in the thread itself; the latter, which would wait for ever, stops with a report.
///
/// Invariant: `thread` is a kernel thread with a reference of this value's, whose function is `Handler`'s and
/// whose data is `handler`'s memory.
@safe
public struct KernelThread<Handler: ThreadHandler & ~Copyable>: ~Copyable, @unchecked Sendable {
  private let thread: UnsafeMutableRawPointer
  // Ends after `deinit` has seen the thread end.
  private let box: HeapBox<Handler>

  /// Starts a thread. The corresponding C macro is `kthread_run`.
  ///
  /// - Parameter name: as `ps` shows it, the first 15 bytes.
  ///
  /// Throws: `outOfMemory`; `interrupted` if this task is being killed; the handler's value has ended then.
  /// Context: may sleep.
  public init(_ name: Literal, _ handler: consuming Handler, node: NUMANode = .any) throws(Errno) {
    let box = try HeapBox(handler, .kernel, node: node)
    var created: UnsafeMutableRawPointer?
    // SAFETY: a literal ends with a NUL and lives for ever; the helper copies it. The handler's memory stays until the
    // thread has ended, and the callback is the macro's.
    let result = unsafe apus_thread_create(
      &created, Handler.threadCallback.function, box.address, node.rawValue, name.cString)
    try Errno.check(result)
    // SAFETY: only null is looked for.
    guard let thread = unsafe created else { throw .outOfMemory }
    // INVARIANT: created just now, with a reference.
    unsafe self.thread = thread
    self.box = box
    unsafe apus_registered()
    unsafe apus_thread_wake(thread)
  }

  deinit {
    // SAFETY: the type's invariant; the reference goes with the wait.
    refuseSelfEnd(unsafe apus_thread_is_current(thread))
    unsafe apus_thread_stop(thread)
    unsafe apus_unregistered()
  }

  /// The handler, shared with the thread.
  public var handler: Handler {
    // SAFETY: the handler is the box's, and stays as long as this value.
    @inline(__always) _read { yield unsafe box.address.pointee }
  }
}
