// SPDX-License-Identifier: GPL-2.0-only
// How an allocation may go about finding memory.
// C header: include/linux/gfp_types.h

internal import CKernel

/// What an allocation may do to find memory, and what it promises: every allocation in Apus is given one.
///
/// Flags are united as in C: `.noIO | .noWarning | .zeroed`. (Not an `OptionSet`: its array literal is an
/// allocation in Embedded Swift, and the kernel has no Swift heap.)
public struct AllocationFlags: Equatable, Sendable {
  package let rawValue: UInt32

  init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The flags that C gave to a callback.
  package init(kernelFlags rawValue: UInt32) { self.rawValue = rawValue }

  /// Both sets of flags.
  public static func | (left: AllocationFlags, right: AllocationFlags) -> AllocationFlags {
    AllocationFlags(rawValue: left.rawValue | right.rawValue)
  }

  /// Whether all of the other set's flags are in this one.
  public func contains(_ other: AllocationFlags) -> Bool { rawValue & other.rawValue == other.rawValue }

  /// Ordinary memory for the kernel. May sleep. The corresponding C constant is `GFP_KERNEL`.
  public static var kernel: AllocationFlags { AllocationFlags(rawValue: APUS_GFP_KERNEL.rawValue) }

  /// Never sleeps, may use the reserves. Any context. The corresponding C constant is `GFP_ATOMIC`.
  public static var atomic: AllocationFlags { AllocationFlags(rawValue: APUS_GFP_ATOMIC.rawValue) }

  /// Never sleeps, leaves the reserves alone. Any context. The corresponding C constant is `GFP_NOWAIT`.
  public static var noWait: AllocationFlags { AllocationFlags(rawValue: APUS_GFP_NOWAIT.rawValue) }

  /// May sleep, starts no I/O: for the I/O path, where waiting for I/O would be waiting for itself.
  /// The corresponding C constant is `GFP_NOIO`.
  public static var noIO: AllocationFlags { AllocationFlags(rawValue: APUS_GFP_NOIO.rawValue) }

  /// May sleep, does not call into file systems. The corresponding C constant is `GFP_NOFS`.
  public static var noFileSystem: AllocationFlags { AllocationFlags(rawValue: APUS_GFP_NOFS.rawValue) }

  /// The memory is zeroed. The corresponding C constant is `__GFP_ZERO`.
  public static var zeroed: AllocationFlags { AllocationFlags(rawValue: APUS_GFP_ZERO.rawValue) }

  /// The page may come from high memory, and is reached through a mapping. The corresponding C constant is `__GFP_HIGHMEM`.
  public static var highMemory: AllocationFlags { AllocationFlags(rawValue: APUS_GFP_HIGHMEM.rawValue) }

  /// Charged to the task's memory control group. The corresponding C constant is `__GFP_ACCOUNT`.
  public static var accounted: AllocationFlags { AllocationFlags(rawValue: APUS_GFP_ACCOUNT.rawValue) }

  /// A failure is not reported in the log. The corresponding C constant is `__GFP_NOWARN`.
  public static var noWarning: AllocationFlags { AllocationFlags(rawValue: APUS_GFP_NOWARN.rawValue) }

  /// Fails rather than reclaims hard, and never calls the out-of-memory killer.
  /// The corresponding C constant is `__GFP_NORETRY`.
  public static var noRetry: AllocationFlags { AllocationFlags(rawValue: APUS_GFP_NORETRY.rawValue) }

  /// Reclaims hard, and fails rather than calls the out-of-memory killer.
  /// The corresponding C constant is `__GFP_RETRY_MAYFAIL`.
  public static var retryMayFail: AllocationFlags { AllocationFlags(rawValue: APUS_GFP_RETRY_MAYFAIL.rawValue) }

  /// Whether an allocation with these flags may sleep. The corresponding C function is `gfpflags_allow_blocking`.
  public var maySleep: Bool { rawValue & APUS_GFP_DIRECT_RECLAIM.rawValue != 0 }
}
