// SPDX-License-Identifier: GPL-2.0-only
// GFP flags: how an allocation may look for memory.
// C header: include/linux/gfp_types.h

internal import CKernel

/// GFP flags: what an allocation may do to find memory, and properties of that memory.
///
/// Every allocation in Apus is made with such flags.
///
/// The `|` operator combines flags, as in C: `.noIO | .noWarning | .zeroed`. (The type is not an
/// `OptionSet`, because its array literal allocates in Embedded Swift, and the kernel has no Swift
/// heap.)
public struct AllocationFlags: Equatable, Sendable {
  package let rawValue: UInt32

  init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Flags that C passed to a callback.
  package init(kernelFlags rawValue: UInt32) { self.rawValue = rawValue }

  /// The union of both sets of flags.
  public static func | (left: AllocationFlags, right: AllocationFlags) -> AllocationFlags {
    AllocationFlags(rawValue: left.rawValue | right.rawValue)
  }

  /// Whether this set contains all flags of the other set.
  public func contains(_ other: AllocationFlags) -> Bool {
    rawValue & other.rawValue == other.rawValue
  }

  /// Ordinary kernel memory. The allocation may sleep.
  /// The corresponding C constant is `GFP_KERNEL`.
  public static var kernel: AllocationFlags { AllocationFlags(rawValue: APUS_GFP_KERNEL.rawValue) }

  /// The allocation never sleeps and may use the memory reserves. Any context.
  /// The corresponding C constant is `GFP_ATOMIC`.
  public static var atomic: AllocationFlags { AllocationFlags(rawValue: APUS_GFP_ATOMIC.rawValue) }

  /// The allocation never sleeps and does not use the memory reserves. Any context.
  /// The corresponding C constant is `GFP_NOWAIT`.
  public static var noWait: AllocationFlags { AllocationFlags(rawValue: APUS_GFP_NOWAIT.rawValue) }

  /// The allocation may sleep but starts no I/O.
  ///
  /// For the I/O path, where waiting for I/O could deadlock.
  /// The corresponding C constant is `GFP_NOIO`.
  public static var noIO: AllocationFlags { AllocationFlags(rawValue: APUS_GFP_NOIO.rawValue) }

  /// The allocation may sleep but does not call into file systems.
  /// The corresponding C constant is `GFP_NOFS`.
  public static var noFileSystem: AllocationFlags {
    AllocationFlags(rawValue: APUS_GFP_NOFS.rawValue)
  }

  /// The memory is zeroed. The corresponding C constant is `__GFP_ZERO`.
  public static var zeroed: AllocationFlags { AllocationFlags(rawValue: APUS_GFP_ZERO.rawValue) }

  /// The page may come from high memory, which is accessed through a mapping.
  /// The corresponding C constant is `__GFP_HIGHMEM`.
  public static var highMemory: AllocationFlags {
    AllocationFlags(rawValue: APUS_GFP_HIGHMEM.rawValue)
  }

  /// The memory is charged to the task's memory control group.
  /// The corresponding C constant is `__GFP_ACCOUNT`.
  public static var accounted: AllocationFlags {
    AllocationFlags(rawValue: APUS_GFP_ACCOUNT.rawValue)
  }

  /// The kernel does not log a failure. The corresponding C constant is `__GFP_NOWARN`.
  public static var noWarning: AllocationFlags {
    AllocationFlags(rawValue: APUS_GFP_NOWARN.rawValue)
  }

  /// The allocation fails instead of reclaiming hard, and never invokes the out-of-memory killer.
  /// The corresponding C constant is `__GFP_NORETRY`.
  public static var noRetry: AllocationFlags {
    AllocationFlags(rawValue: APUS_GFP_NORETRY.rawValue)
  }

  /// The allocation reclaims hard, but fails instead of invoking the out-of-memory killer.
  /// The corresponding C constant is `__GFP_RETRY_MAYFAIL`.
  public static var retryMayFail: AllocationFlags {
    AllocationFlags(rawValue: APUS_GFP_RETRY_MAYFAIL.rawValue)
  }

  /// Whether an allocation with these flags may sleep.
  /// The corresponding C function is `gfpflags_allow_blocking`.
  public var maySleep: Bool { rawValue & APUS_GFP_DIRECT_RECLAIM.rawValue != 0 }
}
