// SPDX-License-Identifier: GPL-2.0-only
// A piece of a page that somebody else owns.
// C header: include/linux/bvec.h (struct bio_vec), include/linux/highmem.h

internal import CKernel

/// A contiguous piece of memory, within one page, that this driver does not own: a segment of a bio, a page behind a vmalloc
/// area, a page that is shared with a device or with user space.
///
/// Others may change the memory at the same time: so there is no span of it, only copies in and out. It exists only within
/// the scope that gave it.
///
/// Memory that I/O writes from can only be read: it is a file's or a program's, or the kernel's page of zeroes, which all
/// share.
///
/// Invariant: `byteCount` bytes at `offset` lie within the page, which stays until the scope ends. They can be changed
/// unless `isReadOnly`.
///
/// Context: any.
@safe
public struct BorrowedPage: ~Copyable, ~Escapable {
  private let page: UnsafeMutablePointer<CKernel.page>
  private let offset: Int
  private let isReadOnly: Bool

  /// The number of bytes.
  public let byteCount: Int

  /// A piece of a page that C gave. The caller owes that the page stays, that the piece lies within it, and that it can
  /// be written to unless it is said to be read-only.
  @_lifetime(immortal) @unsafe
  public init(page: UnsafeMutableRawPointer, offset: Int, byteCount: Int, isReadOnly: Bool) {
    // INVARIANT: the caller owes it.
    unsafe self.page = page.assumingMemoryBound(to: CKernel.page.self)
    self.offset = offset
    self.byteCount = byteCount
    self.isReadOnly = isReadOnly
  }

  /// Copies bytes of the piece into memory of the driver's: what a write does with a segment.
  ///
  /// Throws: `invalidArgument` if a range is not within the piece or the memory; then nothing was copied.
  @inline(__always)
  public borrowing func read(
    at offset: Int, length: Int, into destination: borrowing MutableBytes, at destinationOffset: Int
  ) throws(Errno) {
    try checkRange(offset: offset, length: length, size: byteCount)
    // SAFETY: both ranges were checked, and the addresses stay within the closures.
    try unsafe destination.withRange(at: destinationOffset, length: length) { destination in
      unsafe withMapping { source in
        unsafe apus_memcpy(destination, source + offset, length)
      }
    }
  }

  /// Copies bytes of the driver's into the piece: what a read does with a segment.
  ///
  /// Throws: `readOnly` for memory of a write; `invalidArgument` if a range is not within the piece or the memory. Then
  /// nothing was copied.
  @inline(__always)
  public borrowing func write(
    at offset: Int, length: Int, from source: RawSpan, at sourceOffset: Int
  ) throws(Errno) {
    guard !isReadOnly else { throw .readOnly }
    try checkRange(offset: offset, length: length, size: byteCount)
    try checkRange(offset: sourceOffset, length: length, size: source.byteCount)
    // SAFETY: it may be changed, both ranges were checked, and the addresses stay within the closures.
    unsafe withMapping { destination in
      unsafe source.withUnsafeBytes { source in
        guard let source = source.baseAddress else { return }
        unsafe apus_memcpy(destination + offset, source + sourceOffset, length)
      }
    }
  }

  /// Writes zeroes to bytes of the piece.
  ///
  /// Throws: `readOnly` for memory of a write; `invalidArgument` if the range is not within the piece. Then nothing was
  /// written.
  @inline(__always)
  public borrowing func zero(at offset: Int, length: Int) throws(Errno) {
    try fill(at: offset, length: length, with: 0)
  }

  /// Writes one value to bytes of the piece.
  ///
  /// Throws: `readOnly` for memory of a write; `invalidArgument` if the range is not within the piece. Then nothing was
  /// written.
  @inline(__always)
  public borrowing func fill(at offset: Int, length: Int, with byte: UInt8) throws(Errno) {
    guard !isReadOnly else { throw .readOnly }
    try checkRange(offset: offset, length: length, size: byteCount)
    // SAFETY: it may be changed, and the range was checked.
    unsafe withMapping { destination in
      unsafe apus_memset(destination + offset, CInt(byte), length)
    }
  }

  /// Maps the page and gives the address of the piece's first byte, which must not leave `body`. The caller owes that
  /// `body` changes nothing if the piece is read-only.
  @inline(__always) @unsafe
  private borrowing func withMapping(_ body: (UnsafeMutableRawPointer) -> Void) {
    // SAFETY: the type's invariant: the page is there. Mappings of this task end in reverse order because
    // their scopes nest.
    let address = unsafe apus_kmap_local(page)
    unsafe body(address + offset)
    unsafe apus_kunmap_local(address)
  }
}
