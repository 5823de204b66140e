// SPDX-License-Identifier: GPL-2.0-only
// A part of a page that the driver does not own.
// C header: include/linux/bvec.h (struct bio_vec), include/linux/highmem.h

internal import CKernel

/// A contiguous range of memory within one page that the driver does not own: a segment of a bio, a
/// page behind a vmalloc area, or a page that is shared with a device or with user space.
///
/// Other owners may change the memory concurrently. So the type offers no span of it, only copies
/// in and out. A value exists only within the scope that provides it.
///
/// The memory of a write is read-only. It belongs to a file or to a program, or it is the kernel's
/// zero page, which the whole system shares.
///
/// Invariant: `byteCount` bytes at `offset` lie within the page, which stays allocated until the
/// scope ends. The bytes may be changed unless `isReadOnly`.
///
/// Context: any.
@safe
public struct BorrowedPage: ~Copyable, ~Escapable {
  private let page: UnsafeMutablePointer<CKernel.page>
  private let offset: Int
  private let isReadOnly: Bool

  /// The number of bytes.
  public let byteCount: Int

  /// A range of a page that C provides.
  ///
  /// The caller guarantees that the page stays allocated, that the range lies within it, and that
  /// the range may be written unless `isReadOnly` is set.
  @_lifetime(immortal) @unsafe
  public init(page: UnsafeMutableRawPointer, offset: Int, byteCount: Int, isReadOnly: Bool) {
    // INVARIANT: the caller guarantees it.
    unsafe self.page = page.assumingMemoryBound(to: CKernel.page.self)
    self.offset = offset
    self.byteCount = byteCount
    self.isReadOnly = isReadOnly
  }

  /// Copies bytes of the page into the driver's memory. A driver uses this to process a write.
  ///
  /// Throws: `invalidArgument` if either range is out of bounds; then nothing was copied.
  @inline(__always)
  public borrowing func read(
    at offset: Int, length: Int, into destination: borrowing MutableBytes, at destinationOffset: Int
  ) throws(Errno) {
    try checkRange(offset: offset, length: length, size: byteCount)
    // SAFETY: both ranges were checked, and the addresses do not leave the closures.
    try unsafe destination.withRange(at: destinationOffset, length: length) { destination in
      unsafe withMapping { source in
        unsafe apus_memcpy(destination, source + offset, length)
      }
    }
  }

  /// Copies bytes of the driver's memory into the page. A driver uses this to process a read.
  ///
  /// Throws: `readOnly` for the memory of a write; `invalidArgument` if either range is out of
  /// bounds. Then nothing was copied.
  @inline(__always)
  public borrowing func write(
    at offset: Int, length: Int, from source: RawSpan, at sourceOffset: Int
  ) throws(Errno) {
    guard !isReadOnly else { throw .readOnly }
    try checkRange(offset: offset, length: length, size: byteCount)
    try checkRange(offset: sourceOffset, length: length, size: source.byteCount)
    // SAFETY: the memory is writable, both ranges were checked, and the addresses do not leave the
    // closures.
    unsafe withMapping { destination in
      unsafe source.withUnsafeBytes { source in
        guard let source = source.baseAddress else { return }
        unsafe apus_memcpy(destination + offset, source + sourceOffset, length)
      }
    }
  }

  /// Writes zeroes to a range of bytes.
  ///
  /// Throws: `readOnly` for the memory of a write; `invalidArgument` if the range is out of bounds.
  /// Then nothing was written.
  @inline(__always)
  public borrowing func zero(at offset: Int, length: Int) throws(Errno) {
    try fill(at: offset, length: length, with: 0)
  }

  /// Sets each byte of a range to one value.
  ///
  /// Throws: `readOnly` for the memory of a write; `invalidArgument` if the range is out of bounds.
  /// Then nothing was written.
  @inline(__always)
  public borrowing func fill(at offset: Int, length: Int, with byte: UInt8) throws(Errno) {
    guard !isReadOnly else { throw .readOnly }
    try checkRange(offset: offset, length: length, size: byteCount)
    // SAFETY: the memory is writable, and the range was checked.
    unsafe withMapping { destination in
      unsafe apus_memset(destination + offset, CInt(byte), length)
    }
  }

  /// Maps the page and passes the address of the range's first byte to `body`.
  ///
  /// The address must not leave `body`. The caller guarantees that `body` does not write if
  /// `isReadOnly` is set.
  @inline(__always) @unsafe
  private borrowing func withMapping(_ body: (UnsafeMutableRawPointer) -> Void) {
    // SAFETY: the type's invariant: the page is allocated. The scopes nest, so the task's local
    // mappings end in reverse order.
    let address = unsafe apus_kmap_local(page)
    unsafe body(address + offset)
    unsafe apus_kunmap_local(address)
  }
}
