// SPDX-License-Identifier: GPL-2.0-only
// Reading and writing owned pages: through a mapping that ends with its scope, every range checked.
// C header: include/linux/highmem.h

internal import CKernel

extension Pages {
  /// Maps the pages, gives their bytes to `body`, and unmaps them.
  ///
  /// Mappings of one task end in the reverse of the order in which they began, as `kunmap_local` wants:
  /// a scope cannot end before one inside it.
  ///
  /// Context: any. The body must not sleep on kernels with high memory (there is none on x86-64).
  @inline(__always)
  public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the page is valid by the type's invariant.
    let address = unsafe map()
    // SAFETY: the address came from `map` just now. A scope within the body has ended by then.
    defer { unsafe unmap(address) }
    // SAFETY: `byteCount` bytes are mapped there until the end of this call, which the span cannot outlive;
    // nobody writes to them, because the borrow of self excludes `mutating` methods.
    return try body(unsafe RawSpan(_unsafeStart: address, byteCount: Self.byteCount))
  }

  /// Maps the pages, gives their bytes to `body` to change, and unmaps them.
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
    // SAFETY: `byteCount` bytes are mapped there until the end of this call; self is borrowed exclusively,
    // so nobody else reaches them.
    return try body(unsafe MutableBytes(start: address, byteCount: Self.byteCount))
  }

  /// The address of the memory, for I/O that the caller waits for while it borrows this value; nil in high memory.
  @unsafe
  package var linearAddress: UnsafeMutableRawPointer? {
    // SAFETY: the page is valid by the type's invariant.
    unsafe apus_linear_address(page)
  }

  @inline(__always)
  private borrowing func map() -> UnsafeMutableRawPointer {
    // SAFETY: the page is valid by the type's invariant. The corresponding C function is `kmap_local_page`, which
    // never fails; above order 0 the pages are not in high memory, so their linear address covers all of them.
    unsafe apus_kmap_local(page)
  }

  @inline(__always)
  private borrowing func unmap(_ address: UnsafeMutableRawPointer) {
    // SAFETY: both callers give the address that `map` gave them, innermost first.
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

  /// Writes zeroes to `length` bytes from `offset` on.
  ///
  /// Throws: `invalidArgument` if they are not all within the pages; then nothing was written.
  /// Context: any.
  public mutating func zero(at offset: Int, length: Int) throws(Errno) {
    try withMutableBytes { bytes throws(Errno) in
      try bytes.zero(at: offset, length: length)
    }
  }

  /// Writes one value to every byte.
  ///
  /// Context: any.
  public mutating func fill(with byte: UInt8) throws(Errno) {
    try withMutableBytes { bytes throws(Errno) in
      try bytes.fill(with: byte, at: 0, length: Self.byteCount)
    }
  }

  /// Copies `length` bytes from another owner's pages.
  ///
  /// Throws: `invalidArgument` if the range is not within either; then nothing was copied.
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
