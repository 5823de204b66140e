// SPDX-License-Identifier: GPL-2.0-only
// The features of a target type beyond its operations.
// C header: include/linux/device-mapper.h (DM_TARGET_SINGLETON and the others)

internal import CKernel

/// Features of a target type, combined as allocation flags are: `.noWait | .passesIntegrity`.
public struct TargetFeatures: Equatable, Sendable {
  let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }

  private init(_ feature: apus_dm_features) { rawValue = UInt64(feature.rawValue) }

  /// The features that are set in either operand.
  @inline(__always)
  public static func | (left: TargetFeatures, right: TargetFeatures) -> TargetFeatures {
    TargetFeatures(rawValue: left.rawValue | right.rawValue)
  }

  /// Whether the same features are set in both.
  public static func == (left: TargetFeatures, right: TargetFeatures) -> Bool {
    left.rawValue == right.rawValue
  }

  /// No features.
  public static var none: TargetFeatures { TargetFeatures(rawValue: 0) }
  /// A table with this target has no other target. The corresponding C constant is
  /// `DM_TARGET_SINGLETON`.
  public static var singleton: TargetFeatures { TargetFeatures(APUS_DM_TARGET_SINGLETON) }
  /// The target does not work in a read-only table. `DM_TARGET_ALWAYS_WRITEABLE`.
  public static var alwaysWritable: TargetFeatures {
    TargetFeatures(APUS_DM_TARGET_ALWAYS_WRITEABLE)
  }
  /// A mapped device that has had this target type cannot change to another. `DM_TARGET_IMMUTABLE`.
  public static var immutable: TargetFeatures { TargetFeatures(APUS_DM_TARGET_IMMUTABLE) }
  /// The target may replace any other, including an immutable one. `DM_TARGET_WILDCARD`.
  public static var wildcard: TargetFeatures { TargetFeatures(APUS_DM_TARGET_WILDCARD) }
  /// The target passes on protection information. `DM_TARGET_PASSES_INTEGRITY`.
  public static var passesIntegrity: TargetFeatures {
    TargetFeatures(APUS_DM_TARGET_PASSES_INTEGRITY)
  }
  /// The target supports host-managed zoned devices. `DM_TARGET_ZONED_HM`.
  public static var zoned: TargetFeatures { TargetFeatures(APUS_DM_TARGET_ZONED_HM) }
  /// `map` never waits for a bio that must not wait (`OperationFlags.noWait`). `DM_TARGET_NOWAIT`.
  public static var noWait: TargetFeatures { TargetFeatures(APUS_DM_TARGET_NOWAIT) }
  /// The target passes on inline encryption. `DM_TARGET_PASSES_CRYPTO`.
  public static var passesEncryption: TargetFeatures {
    TargetFeatures(APUS_DM_TARGET_PASSES_CRYPTO)
  }
}
