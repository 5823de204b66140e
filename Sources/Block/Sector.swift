// SPDX-License-Identifier: GPL-2.0-only
// A position on a block device, or a length.
// C header: include/linux/blk_types.h (sector_t)

/// A number of sectors of 512 bytes, independent of the device's block size. It has 64 bits on
/// every machine.
public struct Sector: Comparable, Sendable {
  /// The number of sectors.
  public let count: UInt64

  /// The binary logarithm of the sector size. The corresponding C constant is `SECTOR_SHIFT`.
  public static var shift: UInt64 { 9 }

  /// The number of bytes in a sector. The corresponding C constant is `SECTOR_SIZE`.
  public static var byteCount: Int { 512 }

  /// A number of sectors, which may exceed `maximum`.
  public init(_ count: UInt64) { self.count = count }

  /// The number of sectors in a number of mebibytes, or nil if a device cannot have as many.
  public init?(mebibytes: Int) {
    guard mebibytes >= 0, UInt64(truncatingIfNeeded: mebibytes) <= Sector.maximum.count >> 11 else {
      return nil
    }
    self.count = UInt64(truncatingIfNeeded: mebibytes) << 11
  }

  /// The size of the largest device: its size in bytes still fits in a signed 64-bit number, as C's
  /// `loff_t` requires.
  public static var maximum: Sector { Sector(UInt64(Int64.max) >> shift) }

  /// The number of bytes, or nil if it does not fit in 64 bits.
  public var bytes: UInt64? {
    let (value, overflow) = count.multipliedReportingOverflow(by: 1 << Sector.shift)
    return overflow ? nil : value
  }

  /// Whether the left number of sectors is smaller.
  public static func < (left: Sector, right: Sector) -> Bool { left.count < right.count }
  /// Whether both numbers of sectors are equal.
  public static func == (left: Sector, right: Sector) -> Bool { left.count == right.count }
}
