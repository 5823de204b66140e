// SPDX-License-Identifier: GPL-2.0-only
// The unique identifier of a disk.
// C header: include/linux/blkdev.h (enum blk_unique_id)

internal import CKernel
public import Kernel

/// A unique identifier of a disk: 8 or 16 bytes, the most significant byte first.
public struct UniqueIdentifier: Equatable, Sendable {
  /// The scheme of an identifier. The corresponding C type is `enum blk_unique_id`.
  public enum Kind: UInt32, Sendable {
    /// A T10 vendor identification. The corresponding C constant is `BLK_UID_T10`.
    case t10 = 1
    /// An EUI-64 of the IEEE. `BLK_UID_EUI64`.
    case eui64 = 2
    /// A name of one of several naming authorities. `BLK_UID_NAA`.
    case naa = 3
  }

  private let first: UInt64
  private let second: UInt64

  /// The number of bytes, 8 or 16.
  public let byteCount: Int

  /// Creates an identifier of 8 bytes.
  public init(_ number: UInt64) {
    first = number
    second = 0
    byteCount = 8
  }

  /// Creates an identifier of 16 bytes.
  public init(_ first: UInt64, _ second: UInt64) {
    self.first = first
    self.second = second
    byteCount = 16
  }

  /// Reads an identifier of `byteCount` bytes from the 16 bytes at `place`.
  ///
  /// Throws: `invalidArgument` if `byteCount` is neither 8 nor 16.
  @unsafe
  init(_ place: UnsafeRawPointer, byteCount: Int) throws(Errno) {
    guard byteCount == 8 || byteCount == 16 else { throw .invalidArgument }
    // SAFETY: the caller has 16 bytes there.
    first = unsafe UInt64(bigEndian: place.loadUnaligned(as: UInt64.self))
    second =
      byteCount == 8
      ? 0 : unsafe UInt64(bigEndian: place.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    self.byteCount = byteCount
  }

  /// Stores the bytes at `place`, which has room for 16.
  @unsafe
  package func store(to place: UnsafeMutableRawPointer) {
    // SAFETY: the caller has room for both.
    unsafe place.storeBytes(of: first.bigEndian, as: UInt64.self)
    if byteCount == 16 {
      unsafe place.storeBytes(of: second.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
  }

  /// The byte at an index, the most significant byte first; nil past the last byte.
  public func byte(at index: Int) -> UInt8? {
    guard index >= 0, index < byteCount else { return nil }
    let word = index < 8 ? first : second
    return UInt8(truncatingIfNeeded: word &>> UInt64(truncatingIfNeeded: 56 &- 8 &* (index & 7)))
  }

  /// Whether both have the same length and the same bytes.
  public static func == (left: UniqueIdentifier, right: UniqueIdentifier) -> Bool {
    left.first == right.first && left.second == right.second && left.byteCount == right.byteCount
  }
}

extension BlockDevice {
  /// The disk's identifier of a kind. The corresponding C callback is `get_unique_id`.
  ///
  /// Throws: `notSupported` if the disk's driver provides no identifiers; the error of that driver;
  /// `invalidArgument` for an identifier of another length.
  /// Context: may sleep.
  public borrowing func uniqueIdentifier(_ kind: UniqueIdentifier.Kind) throws(Errno)
    -> UniqueIdentifier
  {
    var bytes: (UInt64, UInt64) = (0, 0)
    // SAFETY: the device's invariant; `bytes` has room for 16 bytes.
    let (count, identifier) = unsafe withUnsafeMutableBytes(of: &bytes) {
      bytes -> (CInt, UniqueIdentifier?) in
      guard let place = bytes.baseAddress else { return (0, nil) }
      let count = unsafe apus_device_unique_id(
        raw.assumingMemoryBound(to: apus_device.self), place, kind.rawValue)
      return (count, unsafe try? UniqueIdentifier(place, byteCount: Int(count)))
    }
    if count < 0 { try Errno.check(count) }
    guard let identifier else { throw .invalidArgument }
    return identifier
  }
}
