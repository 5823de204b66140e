// SPDX-License-Identifier: GPL-2.0-only
// What the kernel that a module is built for was configured with.
// C header: include/linux/kconfig.h

internal import CKernel

/// Parts that a kernel may lack. Each is a constant, so what depends on it is not in the module where it is false.
public enum KernelConfiguration {
  /// The corresponding C constant is `CONFIG_BLK_DEV_ZONED`.
  @inline(__always)
  public static var hasZonedDevices: Bool { APUS_HAS_ZONED_DEVICES.rawValue != 0 }

  /// The corresponding C constant is `CONFIG_DEBUG_FS`.
  @inline(__always)
  public static var hasDebugFS: Bool { APUS_HAS_DEBUG_FS.rawValue != 0 }

  /// Whether the kernel that the module is built for is of this version or a later one.
  /// The corresponding C constant is that of linux/version.h.
  @inline(__always)
  public static func isAtLeast(_ major: UInt32, _ minor: UInt32) -> Bool {
    APUS_RELEASE.rawValue &>> 8 >= (major &<< 8 | minor)
  }

  /// The corresponding C constant is `CONFIG_LOCKDEP`.
  @inline(__always)
  public static var hasLockdep: Bool { APUS_HAS_LOCKDEP.rawValue != 0 }
}
