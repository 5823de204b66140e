// SPDX-License-Identifier: GPL-2.0-only
// The CPUs of the machine.
// C header: include/linux/cpumask.h, include/linux/smp.h

internal import CKernel

/// CPUs, by number.
public enum CPU {
  /// The number of the CPU that runs this code, in `0..<limit`.
  ///
  /// The task may migrate to another CPU immediately afterwards, unless preemption is disabled (in
  /// the body of a spin lock or in an interrupt handler). Elsewhere the number is only a hint.
  /// The corresponding C function is `raw_smp_processor_id`.
  ///
  /// Context: any.
  @inline(__always)
  public static var current: Int {
    // SAFETY: it takes no arguments and reads a per-CPU word.
    Int(unsafe apus_cpu_current())
  }

  /// One more than the largest CPU number. The corresponding C variable is `nr_cpu_ids`.
  public static var limit: Int {
    // SAFETY: it takes no arguments and reads a word that does not change.
    Int(unsafe apus_cpu_limit())
  }

  /// The number of CPUs that are online now. The corresponding C function is `num_online_cpus`.
  public static var onlineCount: Int {
    // SAFETY: it takes no arguments and reads a word.
    Int(unsafe apus_cpu_online_count())
  }

  /// The number of CPUs that can ever be online. The corresponding C function is
  /// `num_possible_cpus`.
  public static var possibleCount: Int {
    // SAFETY: it takes no arguments and reads words that do not change.
    Int(unsafe apus_cpu_possible_count())
  }
}
