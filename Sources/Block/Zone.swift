// SPDX-License-Identifier: GPL-2.0-only
// The zones of a device.
// C header: include/uapi/linux/blkzoned.h (struct blk_zone)

/// A zone as it is reported: a range of the device, with the place where the next write has to be.
public struct Zone: Sendable {
  public var start: Sector
  /// To the next zone's start.
  public var length: Sector
  /// How much of it can be written; the length at most.
  public var capacity: Sector
  /// Where the next write has to be, counted from the device's beginning.
  public var writePointer: Sector
  public var kind: ZoneKind
  public var condition: ZoneCondition
  /// Whether the device would like it to be reset.
  public var wantsReset: Bool = false

  public init(
    start: Sector, length: Sector, capacity: Sector, writePointer: Sector, kind: ZoneKind, condition: ZoneCondition
  ) {
    self.start = start
    self.length = length
    self.capacity = capacity
    self.writePointer = writePointer
    self.kind = kind
    self.condition = condition
  }
}

/// How a zone can be written. The corresponding C type is `enum blk_zone_type`.
public enum ZoneKind: UInt8, Sendable {
  /// Anywhere; such a zone has no write pointer. The corresponding C constant is `BLK_ZONE_TYPE_CONVENTIONAL`.
  case conventional = 1
  /// At the write pointer alone. `BLK_ZONE_TYPE_SEQWRITE_REQ`.
  case sequential = 2
}

/// What state a zone is in. The corresponding C type is `enum blk_zone_cond`.
public enum ZoneCondition: UInt8, Sendable {
  /// That of a conventional zone. The corresponding C constant is `BLK_ZONE_COND_NOT_WP`.
  case noWritePointer = 0
  /// Nothing was written since it was reset. `BLK_ZONE_COND_EMPTY`.
  case empty = 1
  /// Opened by a write. `BLK_ZONE_COND_IMP_OPEN`.
  case implicitlyOpen = 2
  /// Opened by a command. `BLK_ZONE_COND_EXP_OPEN`.
  case explicitlyOpen = 3
  /// Written in part, and closed. `BLK_ZONE_COND_CLOSED`.
  case closed = 4
  /// It can only be read. `BLK_ZONE_COND_READONLY`.
  case readOnly = 0xd
  /// Written to its capacity, or finished. `BLK_ZONE_COND_FULL`.
  case full = 0xe
  /// It can neither be read nor written. `BLK_ZONE_COND_OFFLINE`.
  case offline = 0xf

  /// Whether it counts among the open ones.
  public var isOpen: Bool { self == .implicitlyOpen || self == .explicitlyOpen }

  /// Whether it counts among the active ones.
  public var isActive: Bool { isOpen || self == .closed }
}

// (Not `rawValue`, for which the compiler provides a trap.)
extension ZoneKind {
  /// The number that C knows.
  package var code: UInt8 { self == .conventional ? 1 : 2 }
}

extension ZoneCondition {
  /// The number that C knows.
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
