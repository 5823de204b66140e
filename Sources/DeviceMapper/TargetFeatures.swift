// SPDX-License-Identifier: GPL-2.0-only
// What a type of target can do beyond its operations.
// C header: include/linux/device-mapper.h (DM_TARGET_SINGLETON and the others)

internal import CKernel

/// Features of a type of target. They are united as allocation flags are: `.noWait | .passesIntegrity`.
public struct TargetFeatures: Equatable, Sendable {
  let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }

  private init(_ feature: apus_dm_features) { rawValue = UInt64(feature.rawValue) }

  @inline(__always)
  public static func | (left: TargetFeatures, right: TargetFeatures) -> TargetFeatures {
    TargetFeatures(rawValue: left.rawValue | right.rawValue)
  }

  public static func == (left: TargetFeatures, right: TargetFeatures) -> Bool { left.rawValue == right.rawValue }

  /// None.
  public static var none: TargetFeatures { TargetFeatures(rawValue: 0) }
  /// A table has one such target and no other. The corresponding C constant is `DM_TARGET_SINGLETON`.
  public static var singleton: TargetFeatures { TargetFeatures(APUS_DM_TARGET_SINGLETON) }
  /// Not in a table that can only be read. `DM_TARGET_ALWAYS_WRITEABLE`.
  public static var alwaysWritable: TargetFeatures { TargetFeatures(APUS_DM_TARGET_ALWAYS_WRITEABLE) }
  /// A device that has had one can never have another type. `DM_TARGET_IMMUTABLE`.
  public static var immutable: TargetFeatures { TargetFeatures(APUS_DM_TARGET_IMMUTABLE) }
  /// May take the place of any other, also of an immutable one. `DM_TARGET_WILDCARD`.
  public static var wildcard: TargetFeatures { TargetFeatures(APUS_DM_TARGET_WILDCARD) }
  /// Hands protection information on. `DM_TARGET_PASSES_INTEGRITY`.
  public static var passesIntegrity: TargetFeatures { TargetFeatures(APUS_DM_TARGET_PASSES_INTEGRITY) }
  /// Lies on host-managed zones as well. `DM_TARGET_ZONED_HM`.
  public static var zoned: TargetFeatures { TargetFeatures(APUS_DM_TARGET_ZONED_HM) }
  /// `map` never waits for bios that must not (`OperationFlags.noWait`). `DM_TARGET_NOWAIT`.
  public static var noWait: TargetFeatures { TargetFeatures(APUS_DM_TARGET_NOWAIT) }
  /// Hands inline encryption on. `DM_TARGET_PASSES_CRYPTO`.
  public static var passesEncryption: TargetFeatures { TargetFeatures(APUS_DM_TARGET_PASSES_CRYPTO) }
}
