// SPDX-License-Identifier: GPL-2.0-only
// The zones of a device.
// C header: include/uapi/linux/blkzoned.h (struct blk_zone)

/// A zone as a zone report describes it: a range of the device, and the position of the next write.
public struct Zone: Sendable {
  /// The first sector of the zone. The corresponding C field is `start`.
  public var start: Sector
  /// The size of the zone, up to the start of the next one.
  public var length: Sector
  /// The part of the zone that can be written, at most its length.
  public var capacity: Sector
  /// The sector of the next write, counted from the start of the device.
  public var writePointer: Sector
  /// The way in which the zone can be written. The corresponding C field is `type`.
  public var kind: ZoneKind
  /// The condition of the zone. The corresponding C field is `cond`.
  public var condition: ZoneCondition
  /// Whether the device recommends a reset of the zone.
  public var wantsReset: Bool = false

  /// Creates the description of a zone that needs no reset (`wantsReset` is false). The start and
  /// the length are checked when the zone is added to a report.
  public init(
    start: Sector, length: Sector, capacity: Sector, writePointer: Sector, kind: ZoneKind,
    condition: ZoneCondition
  ) {
    self.start = start
    self.length = length
    self.capacity = capacity
    self.writePointer = writePointer
    self.kind = kind
    self.condition = condition
  }
}

/// The way in which a zone can be written. The corresponding C type is `enum blk_zone_type`.
public enum ZoneKind: UInt8, Sendable {
  /// Writes may go anywhere; the zone has no write pointer. The corresponding C constant is
  /// `BLK_ZONE_TYPE_CONVENTIONAL`.
  case conventional = 1
  /// Writes must start at the write pointer. `BLK_ZONE_TYPE_SEQWRITE_REQ`.
  case sequential = 2
}

/// The condition of a zone. The corresponding C type is `enum blk_zone_cond`.
public enum ZoneCondition: UInt8, Sendable {
  /// The condition of a conventional zone, which has no write pointer. The corresponding C constant
  /// is `BLK_ZONE_COND_NOT_WP`.
  case noWritePointer = 0
  /// No sector has been written since the reset. `BLK_ZONE_COND_EMPTY`.
  case empty = 1
  /// A write opened the zone. `BLK_ZONE_COND_IMP_OPEN`.
  case implicitlyOpen = 2
  /// A command opened the zone. `BLK_ZONE_COND_EXP_OPEN`.
  case explicitlyOpen = 3
  /// The zone is partly written, and closed. `BLK_ZONE_COND_CLOSED`.
  case closed = 4
  /// The zone can only be read. `BLK_ZONE_COND_READONLY`.
  case readOnly = 0xd
  /// The zone was written to its capacity, or finished. `BLK_ZONE_COND_FULL`.
  case full = 0xe
  /// The zone can neither be read nor written. `BLK_ZONE_COND_OFFLINE`.
  case offline = 0xf

  /// Whether the zone counts as open.
  public var isOpen: Bool { self == .implicitlyOpen || self == .explicitlyOpen }

  /// Whether the zone counts as active.
  public var isActive: Bool { isOpen || self == .closed }
}

// The compiler emits a trap for `rawValue`, so `code` computes the number itself.
extension ZoneKind {
  /// The kernel's number.
  package var code: UInt8 { self == .conventional ? 1 : 2 }
}

extension ZoneCondition {
  /// The kernel's number.
  package var code: UInt8 {
    if self == .noWritePointer { return 0 }
    if self == .empty { return 1 }
    if self == .implicitlyOpen { return 2 }
    if self == .explicitlyOpen { return 3 }
    if self == .closed { return 4 }
    if self == .readOnly { return 0xd }
    return self == .full ? 0xe : 0xf
  }
}
