// SPDX-License-Identifier: GPL-2.0-only
// The operation of a request or a bio.
// C header: include/linux/blk_types.h (enum req_op)

internal import CKernel

/// The operation of a request or a bio. Its numbers differ between kernels, so a driver compares it
/// with the names below.
public struct Operation: Equatable, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  private init(_ operation: apus_req_op) {
    rawValue = UInt32(truncatingIfNeeded: operation.rawValue)
  }

  /// Read sectors. The corresponding C constant is `REQ_OP_READ`.
  public static var read: Operation { Operation(APUS_REQ_OP_READ) }
  /// Write sectors. `REQ_OP_WRITE`.
  public static var write: Operation { Operation(APUS_REQ_OP_WRITE) }
  /// Make completed writes durable. `REQ_OP_FLUSH`.
  public static var flush: Operation { Operation(APUS_REQ_OP_FLUSH) }
  /// The sectors' content is no longer needed. `REQ_OP_DISCARD`.
  public static var discard: Operation { Operation(APUS_REQ_OP_DISCARD) }
  /// Erase the sectors so that no data can be recovered. `REQ_OP_SECURE_ERASE`.
  public static var secureErase: Operation { Operation(APUS_REQ_OP_SECURE_ERASE) }
  /// Write zeroes without a data transfer. `REQ_OP_WRITE_ZEROES`.
  public static var writeZeroes: Operation { Operation(APUS_REQ_OP_WRITE_ZEROES) }
  /// Open a zone. `REQ_OP_ZONE_OPEN`.
  public static var zoneOpen: Operation { Operation(APUS_REQ_OP_ZONE_OPEN) }
  /// Close a zone. `REQ_OP_ZONE_CLOSE`.
  public static var zoneClose: Operation { Operation(APUS_REQ_OP_ZONE_CLOSE) }
  /// Make a zone full. `REQ_OP_ZONE_FINISH`.
  public static var zoneFinish: Operation { Operation(APUS_REQ_OP_ZONE_FINISH) }
  /// Write sectors at the write pointer of the zone whose first sector is given.
  /// `REQ_OP_ZONE_APPEND`.
  public static var zoneAppend: Operation { Operation(APUS_REQ_OP_ZONE_APPEND) }
  /// Make a zone empty. `REQ_OP_ZONE_RESET`.
  public static var zoneReset: Operation { Operation(APUS_REQ_OP_ZONE_RESET) }
  /// Make all sequential zones empty. `REQ_OP_ZONE_RESET_ALL`.
  public static var zoneResetAll: Operation { Operation(APUS_REQ_OP_ZONE_RESET_ALL) }

  /// Whether the operation changes the state of zones and has no data. The corresponding C function
  /// is `op_is_zone_mgmt`.
  public var isZoneManagement: Bool {
    self == .zoneOpen || self == .zoneClose || self == .zoneFinish || self == .zoneReset
      || self == .zoneResetAll
  }

  /// Whether both are the same operation.
  public static func == (left: Operation, right: Operation) -> Bool {
    left.rawValue == right.rawValue
  }
}
