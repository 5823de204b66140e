// SPDX-License-Identifier: GPL-2.0-only
// Letting time pass.
// C header: include/linux/delay.h

internal import CKernel

/// Sleeps, that long at least and somewhat longer: a quarter longer up to 20 ms, a tick or two of the kernel's clock
/// beyond. Signals do not end it. The corresponding C functions are `usleep_range` and `msleep`.
///
/// Context: may sleep. (A kernel thread uses its context's `sleep(for:)`, which ends when the thread is to stop.)
public func sleep(for time: Nanoseconds) {
  // SAFETY: any number is a valid argument.
  unsafe apus_sleep(time.count)
}

/// Lets time pass while the CPU does nothing else: for a few microseconds, a millisecond at most.
/// The corresponding C functions are `ndelay` and `udelay`.
///
/// Context: any.
public func spin(for time: Nanoseconds) {
  // SAFETY: the helper bounds the time.
  unsafe apus_spin(time.count)
}

/// Tells the CPU that this is a loop that waits. The corresponding C function is `cpu_relax`.
///
/// Context: any.
@inline(__always)
public func relax() {
  // SAFETY: an instruction without an effect but on speed.
  unsafe apus_cpu_relax()
}

/// Lets another task run if one waits for this CPU: for long loops. The corresponding C function is `cond_resched`.
///
/// Context: may sleep.
public func yieldToOthers() {
  // SAFETY: it has no arguments; the debug kernel reports a context that may not.
  unsafe apus_cond_resched()
}
