// SPDX-License-Identifier: GPL-2.0-only
// Sleeping and busy-waiting.
// C header: include/linux/delay.h

internal import CKernel

/// Sleeps for at least this time. Signals do not interrupt the sleep.
///
/// Up to 20 ms, the sleep may take a quarter longer; beyond that, a tick or two of the kernel's
/// clock longer. The corresponding C functions are `usleep_range` and `msleep`.
///
/// Context: may sleep. (In a kernel thread, use `sleep(for:)` of its context, which ends early if
/// the thread is asked to stop.)
public func sleep(for time: Nanoseconds) {
  // SAFETY: any number is a valid argument.
  unsafe apus_sleep(time.count)
}

/// Busy-waits for a few microseconds, at most a millisecond.
///
/// The corresponding C functions are `ndelay` and `udelay`.
///
/// Context: any.
public func spin(for time: Nanoseconds) {
  // SAFETY: the helper limits the time to a millisecond.
  unsafe apus_spin(time.count)
}

/// Tells the CPU that it runs a busy-wait loop. The corresponding C function is `cpu_relax`.
///
/// Context: any.
@inline(__always)
public func relax() {
  // SAFETY: the instruction affects only performance.
  unsafe apus_cpu_relax()
}

/// Lets another task run if one waits for this CPU, for long loops.
///
/// The corresponding C function is `cond_resched`.
///
/// Context: may sleep.
public func yieldToOthers() {
  // SAFETY: the function takes no arguments; the debug kernel reports a context that must not
  // sleep.
  unsafe apus_cond_resched()
}
