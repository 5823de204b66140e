// SPDX-License-Identifier: GPL-2.0-only
// How much memory the machine has, and how much of it is left.
// C header: include/linux/mm.h

internal import CKernel

/// The machine's memory, in pages.
public enum SystemMemory {
  /// How many pages there are. The corresponding C function is `totalram_pages`.
  ///
  /// Context: any.
  public static var totalPages: Int {
    // SAFETY: it has no arguments.
    Int(truncatingIfNeeded: unsafe apus_total_pages())
  }

  /// How many pages could be allocated before something has to end, by the kernel's estimate: those that are free, and
  /// caches that it could do without. The corresponding C function is `si_mem_available`.
  ///
  /// Context: any.
  /// Complexity: a sum over the memory zones.
  public static var availablePages: Int {
    // SAFETY: it has no arguments.
    Int(truncatingIfNeeded: unsafe apus_available_pages())
  }
}
