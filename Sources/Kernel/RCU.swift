// SPDX-License-Identifier: GPL-2.0-only
// Read-copy-update: readers who wait for nobody.
// C header: include/linux/rcupdate.h

internal import CKernel

/// The read side of RCU, and the wait for it.
public enum RCU {
  /// Runs `body` while no grace period that begins now can end: what it finds in an `RCUBox` is not freed before it
  /// returns. Scopes may lie in one another. The corresponding C functions are `rcu_read_lock` and `rcu_read_unlock`.
  ///
  /// Context: any; the body must not sleep.
  @inline(__always)
  public static func read<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: undone below, on every path.
    unsafe apus_rcu_read_lock()
    // SAFETY: taken just now.
    defer { unsafe apus_rcu_read_unlock() }
    return try body()
  }

  /// Waits until every reader that had begun before this call has ended.
  /// The corresponding C function is `synchronize_rcu`.
  ///
  /// Context: may sleep, for some milliseconds; not within `read`, which it would wait for.
  public static func synchronize() {
    // SAFETY: it has no arguments; at worst it waits too long.
    unsafe apus_synchronize_rcu()
  }
}
