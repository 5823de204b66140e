// SPDX-License-Identifier: GPL-2.0-only
// How a request or a bio asks for something.
// C header: include/linux/blk_types.h (enum req_flag_bits)

internal import CKernel

/// The flags of a request or a bio. Their bits differ between kernels, so a driver compares them with the names below.
public struct OperationFlags: Equatable, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  private init(_ flags: apus_req_flags) { rawValue = UInt32(truncatingIfNeeded: flags.rawValue) }

  /// No flag.
  public static var none: OperationFlags { OperationFlags(rawValue: 0) }
  /// Somebody waits for it. The corresponding C constant is `REQ_SYNC`.
  public static var synchronous: OperationFlags { OperationFlags(APUS_REQ_SYNC) }
  /// Metadata of a file system. `REQ_META`.
  public static var metadata: OperationFlags { OperationFlags(APUS_REQ_META) }
  /// Ahead of others. `REQ_PRIO`.
  public static var priority: OperationFlags { OperationFlags(APUS_REQ_PRIO) }
  /// Not to be merged with others. `REQ_NOMERGE`.
  public static var noMerge: OperationFlags { OperationFlags(APUS_REQ_NOMERGE) }
  /// More of its kind follows. `REQ_IDLE`.
  public static var idle: OperationFlags { OperationFlags(APUS_REQ_IDLE) }
  /// Durable when it completes. `REQ_FUA`.
  public static var forcedUnitAccess: OperationFlags { OperationFlags(APUS_REQ_FUA) }
  /// What was written before is to be made durable first. `REQ_PREFLUSH`.
  public static var preflush: OperationFlags { OperationFlags(APUS_REQ_PREFLUSH) }
  /// Read ahead, which may fail. `REQ_RAHEAD`.
  public static var readAhead: OperationFlags { OperationFlags(APUS_REQ_RAHEAD) }
  /// In the background. `REQ_BACKGROUND`.
  public static var background: OperationFlags { OperationFlags(APUS_REQ_BACKGROUND) }
  /// Rather an error than waiting. `REQ_NOWAIT`.
  public static var noWait: OperationFlags { OperationFlags(APUS_REQ_NOWAIT) }
  /// Its submitter polls for its end. (No bio of a driver's own is polled: it is submitted without this flag.) `REQ_POLLED`.
  public static var polled: OperationFlags { OperationFlags(APUS_REQ_POLLED) }
  /// Swapping. `REQ_SWAP`.
  public static var swap: OperationFlags { OperationFlags(APUS_REQ_SWAP) }
  /// Not to be tried again after errors of the device. `REQ_FAILFAST_DEV`.
  public static var failFastDevice: OperationFlags { OperationFlags(APUS_REQ_FAILFAST_DEV) }
  /// Not to be tried again after errors of the way to it. `REQ_FAILFAST_TRANSPORT`.
  public static var failFastTransport: OperationFlags { OperationFlags(APUS_REQ_FAILFAST_TRANSPORT) }
  /// Not to be tried again after errors of the driver. `REQ_FAILFAST_DRIVER`.
  public static var failFastDriver: OperationFlags { OperationFlags(APUS_REQ_FAILFAST_DRIVER) }

  /// Wholly or not at all: a write of `DiskLimits.atomicWrites`. Never before Linux 6.11. `REQ_ATOMIC`.
  public var isAtomic: Bool { rawValue & UInt32(truncatingIfNeeded: APUS_REQ_ATOMIC.rawValue) != 0 }

  /// Whether all of the other's flags are set.
  @inline(__always)
  public func contains(_ other: OperationFlags) -> Bool { rawValue & other.rawValue == other.rawValue }

  @inline(__always)
  public static func | (left: OperationFlags, right: OperationFlags) -> OperationFlags {
    OperationFlags(rawValue: left.rawValue | right.rawValue)
  }

  @inline(__always)
  public static func == (left: OperationFlags, right: OperationFlags) -> Bool { left.rawValue == right.rawValue }
}
