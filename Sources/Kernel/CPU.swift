// SPDX-License-Identifier: GPL-2.0-only
// The machine's processors.
// C header: include/linux/cpumask.h, include/linux/smp.h

internal import CKernel

/// Processors, by number.
public enum CPU {
  /// The number of the CPU that runs this, `0..<limit`. Unless something keeps the task there (a spin lock's body,
  /// an interrupt handler), it may be on another one a moment later: take it for a hint.
  /// The corresponding C function is `raw_smp_processor_id`.
  ///
  /// Context: any.
  @inline(__always)
  public static var current: Int {
    // SAFETY: it has no arguments and reads a word of this CPU's.
    Int(unsafe apus_cpu_current())
  }

  /// One more than the largest number that a CPU can have here. The corresponding C variable is `nr_cpu_ids`.
  public static var limit: Int {
    // SAFETY: it has no arguments and reads a word that does not change.
    Int(unsafe apus_cpu_limit())
  }

  /// How many CPUs are online now. The corresponding C function is `num_online_cpus`.
  public static var onlineCount: Int {
    // SAFETY: it has no arguments and reads a word.
    Int(unsafe apus_cpu_online_count())
  }

  /// How many CPUs can ever be online. The corresponding C function is `num_possible_cpus`.
  public static var possibleCount: Int {
    // SAFETY: it has no arguments and reads words that do not change.
    Int(unsafe apus_cpu_possible_count())
  }
}
