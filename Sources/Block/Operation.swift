// SPDX-License-Identifier: GPL-2.0-only
// What a request or a bio asks for.
// C header: include/linux/blk_types.h (enum req_op)

internal import CKernel

/// What is asked for. Its numbers differ between kernels, so a driver compares it with the names below.
public struct Operation: Equatable, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  private init(_ operation: apus_req_op) { rawValue = UInt32(truncatingIfNeeded: operation.rawValue) }

  /// Read sectors. The corresponding C constant is `REQ_OP_READ`.
  public static var read: Operation { Operation(APUS_REQ_OP_READ) }
  /// Write sectors. `REQ_OP_WRITE`.
  public static var write: Operation { Operation(APUS_REQ_OP_WRITE) }
  /// Make what was written before durable. `REQ_OP_FLUSH`.
  public static var flush: Operation { Operation(APUS_REQ_OP_FLUSH) }
  /// The sectors' content is no longer needed. `REQ_OP_DISCARD`.
  public static var discard: Operation { Operation(APUS_REQ_OP_DISCARD) }
  /// Erase the sectors so that nothing can be recovered. `REQ_OP_SECURE_ERASE`.
  public static var secureErase: Operation { Operation(APUS_REQ_OP_SECURE_ERASE) }
  /// Write zeroes, without data. `REQ_OP_WRITE_ZEROES`.
  public static var writeZeroes: Operation { Operation(APUS_REQ_OP_WRITE_ZEROES) }

  public static func == (left: Operation, right: Operation) -> Bool { left.rawValue == right.rawValue }
}
