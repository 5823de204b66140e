// SPDX-License-Identifier: GPL-2.0-only
// The flags of a request or a bio.
// C header: include/linux/blk_types.h (enum req_flag_bits)

internal import CKernel

/// The flags of a request or a bio. Their bits differ between kernels, so a driver compares them
/// with the names below.
public struct OperationFlags: Equatable, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  private init(_ flags: apus_req_flags) { rawValue = UInt32(truncatingIfNeeded: flags.rawValue) }

  /// No flag.
  public static var none: OperationFlags { OperationFlags(rawValue: 0) }
  /// A task waits for the I/O. The corresponding C constant is `REQ_SYNC`.
  public static var synchronous: OperationFlags { OperationFlags(APUS_REQ_SYNC) }
  /// The data is metadata of a file system. `REQ_META`.
  public static var metadata: OperationFlags { OperationFlags(APUS_REQ_META) }
  /// The I/O takes priority over other I/O. `REQ_PRIO`.
  public static var priority: OperationFlags { OperationFlags(APUS_REQ_PRIO) }
  /// The block layer must not merge the I/O with other I/O. `REQ_NOMERGE`.
  public static var noMerge: OperationFlags { OperationFlags(APUS_REQ_NOMERGE) }
  /// More I/O of the same kind is expected to follow. `REQ_IDLE`.
  public static var idle: OperationFlags { OperationFlags(APUS_REQ_IDLE) }
  /// The write is durable when it completes. `REQ_FUA`.
  public static var forcedUnitAccess: OperationFlags { OperationFlags(APUS_REQ_FUA) }
  /// The device makes earlier completed writes durable first. `REQ_PREFLUSH`.
  public static var preflush: OperationFlags { OperationFlags(APUS_REQ_PREFLUSH) }
  /// The I/O is read-ahead, and may fail. `REQ_RAHEAD`.
  public static var readAhead: OperationFlags { OperationFlags(APUS_REQ_RAHEAD) }
  /// The I/O is background activity. `REQ_BACKGROUND`.
  public static var background: OperationFlags { OperationFlags(APUS_REQ_BACKGROUND) }
  /// The I/O fails instead of waiting. `REQ_NOWAIT`.
  public static var noWait: OperationFlags { OperationFlags(APUS_REQ_NOWAIT) }
  /// The submitter polls for the completion. (A driver's own bio is never polled: the library
  /// submits it without this flag.) `REQ_POLLED`.
  public static var polled: OperationFlags { OperationFlags(APUS_REQ_POLLED) }
  /// The I/O is for swapping. `REQ_SWAP`.
  public static var swap: OperationFlags { OperationFlags(APUS_REQ_SWAP) }
  /// The I/O is not retried after errors of the device. `REQ_FAILFAST_DEV`.
  public static var failFastDevice: OperationFlags { OperationFlags(APUS_REQ_FAILFAST_DEV) }
  /// The I/O is not retried after errors of the transport to the device. `REQ_FAILFAST_TRANSPORT`.
  public static var failFastTransport: OperationFlags {
    OperationFlags(APUS_REQ_FAILFAST_TRANSPORT)
  }
  /// The I/O is not retried after errors of the driver. `REQ_FAILFAST_DRIVER`.
  public static var failFastDriver: OperationFlags { OperationFlags(APUS_REQ_FAILFAST_DRIVER) }

  /// Whether the write is atomic: the device performs all of it or none
  /// (`DiskLimits.atomicWrites`). Always false before Linux 6.11. `REQ_ATOMIC`.
  public var isAtomic: Bool { rawValue & UInt32(truncatingIfNeeded: APUS_REQ_ATOMIC.rawValue) != 0 }

  /// Whether all flags of `other` are set.
  @inline(__always)
  public func contains(_ other: OperationFlags) -> Bool {
    rawValue & other.rawValue == other.rawValue
  }

  /// The flags that are set in either operand.
  @inline(__always)
  public static func | (left: OperationFlags, right: OperationFlags) -> OperationFlags {
    OperationFlags(rawValue: left.rawValue | right.rawValue)
  }

  /// Whether the same flags are set in both.
  @inline(__always)
  public static func == (left: OperationFlags, right: OperationFlags) -> Bool {
    left.rawValue == right.rawValue
  }
}
