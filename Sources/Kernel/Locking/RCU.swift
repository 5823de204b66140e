// SPDX-License-Identifier: GPL-2.0-only
// Read-copy-update: readers take no lock and never wait.
// C header: include/linux/rcupdate.h

internal import CKernel

/// The read side of RCU, and waiting for a grace period.
public enum RCU {
  /// Runs `body` as an RCU read-side critical section.
  ///
  /// The corresponding C functions are `rcu_read_lock` and `rcu_read_unlock`.
  ///
  /// A grace period that begins during the body cannot end before the body returns, so a value
  /// found in an `RCUBox` is not freed meanwhile. Sections may nest.
  ///
  /// Context: any; the body must not sleep.
  @inline(__always)
  public static func read<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the lock is released below, on every path.
    unsafe apus_rcu_read_lock()
    // SAFETY: the lock was taken above.
    defer { unsafe apus_rcu_read_unlock() }
    return try body()
  }

  /// Waits until every reader that began before this call has ended.
  ///
  /// The corresponding C function is `synchronize_rcu`.
  ///
  /// Context: may sleep, for some milliseconds; not within `read`, because the call would wait for
  /// its own section.
  public static func synchronize() {
    // SAFETY: the function takes no arguments.
    unsafe apus_synchronize_rcu()
  }
}
