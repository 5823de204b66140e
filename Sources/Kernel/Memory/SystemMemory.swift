// SPDX-License-Identifier: GPL-2.0-only
// The size of the machine's memory, and how much of it is available.
// C header: include/linux/mm.h

internal import CKernel

/// The machine's memory, in pages.
public enum SystemMemory {
  /// The number of pages of RAM. The corresponding C function is `totalram_pages`.
  ///
  /// Context: any.
  public static var totalPages: Int {
    // SAFETY: the function takes no arguments.
    Int(truncatingIfNeeded: unsafe apus_total_pages())
  }

  /// The kernel's estimate of how many pages can be allocated without swapping: free pages, and
  /// caches that the kernel can reclaim.
  ///
  /// The corresponding C function is `si_mem_available`.
  ///
  /// Context: any.
  /// Complexity: a sum over the memory zones.
  public static var availablePages: Int {
    // SAFETY: the function takes no arguments.
    Int(truncatingIfNeeded: unsafe apus_available_pages())
  }
}
