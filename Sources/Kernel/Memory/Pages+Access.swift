// SPDX-License-Identifier: GPL-2.0-only
// Reading and writing owned pages, through a scoped mapping and with every range checked.
// C header: include/linux/highmem.h

internal import CKernel

extension Pages {
  /// Maps the pages, passes their bytes to `body`, and unmaps them.
  ///
  /// `kunmap_local` requires that a task unmaps in the reverse order of mapping. Scopes ensure
  /// this: a scope cannot end before a scope inside it.
  ///
  /// Context: any. The body must not sleep on kernels with high memory, which x86-64 does not have.
  @inline(__always)
  public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the page is valid by the type's invariant.
    let address = unsafe map()
    // SAFETY: `map` returned the address above. Scopes within the body have ended by then.
    defer { unsafe unmap(address) }
    // SAFETY: `byteCount` bytes are mapped there until the end of this call, and the span cannot
    // outlive the call. The borrow of self excludes `mutating` methods, so the bytes do not change.
    return try body(unsafe RawSpan(_unsafeStart: address, byteCount: Self.byteCount))
  }

  /// Maps the pages, passes their bytes to `body` to change, and unmaps them.
  ///
  /// Context: as `withBytes`.
  @inline(__always)
  public mutating func withMutableBytes<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing MutableBytes) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the page is valid by the type's invariant.
    let address = unsafe map()
    // SAFETY: as in `withBytes`.
    defer { unsafe unmap(address) }
    // SAFETY: `byteCount` bytes are mapped there until the end of this call. Self is borrowed
    // exclusively, so no other code reaches the bytes.
    return try body(unsafe MutableBytes(start: address, byteCount: Self.byteCount))
  }

  /// The linear address of the pages, or nil in high memory.
  ///
  /// It is for synchronous I/O: the caller borrows this value until the I/O is complete.
  @unsafe
  package var linearAddress: UnsafeMutableRawPointer? {
    // SAFETY: the page is valid by the type's invariant.
    unsafe apus_linear_address(page)
  }

  @inline(__always)
  private borrowing func map() -> UnsafeMutableRawPointer {
    // SAFETY: the page is valid by the type's invariant. The corresponding C function is
    // `kmap_local_page`, which never fails. Above order 0 the pages are not in high memory, so the
    // linear address covers all of them.
    unsafe apus_kmap_local(page)
  }

  @inline(__always)
  private borrowing func unmap(_ address: UnsafeMutableRawPointer) {
    // SAFETY: both callers pass the address that `map` returned to them, innermost first.
    unsafe apus_kunmap_local(address)
  }

  /// Copies all of `source` to `offset`.
  ///
  /// Throws: `invalidArgument` if it does not fit within the pages; then nothing was copied.
  /// Context: any.
  public mutating func write(_ source: RawSpan, at offset: Int) throws(Errno) {
    try withMutableBytes { bytes throws(Errno) in
      try bytes.copy(from: source, to: offset)
    }
  }

  /// Zeroes `length` bytes from `offset` on.
  ///
  /// Throws: `invalidArgument` if the range is not within the pages; then nothing was written.
  /// Context: any.
  public mutating func zero(at offset: Int, length: Int) throws(Errno) {
    try withMutableBytes { bytes throws(Errno) in
      try bytes.zero(at: offset, length: length)
    }
  }

  /// Sets every byte to the same value.
  ///
  /// Context: any.
  public mutating func fill(with byte: UInt8) throws(Errno) {
    try withMutableBytes { bytes throws(Errno) in
      try bytes.fill(with: byte, at: 0, length: Self.byteCount)
    }
  }

  /// Copies `length` bytes from other owned pages.
  ///
  /// Throws: `invalidArgument` if either range is not within its pages; then nothing was copied.
  /// Context: any.
  public mutating func copy<let otherOrder: Int>(
    from other: borrowing Pages<otherOrder>, at otherOffset: Int, to offset: Int, length: Int
  ) throws(Errno) {
    try withMutableBytes { destination throws(Errno) in
      try other.withBytes { source throws(Errno) in
        try destination.copy(from: source, at: otherOffset, length: length, to: offset)
      }
    }
  }
}
