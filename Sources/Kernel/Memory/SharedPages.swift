// SPDX-License-Identifier: GPL-2.0-only
// Owned pages that a device or user space may change at any time.
// C header: include/linux/gfp.h

internal import CKernel

/// Pages that the driver owns and that a device or user space also accesses.
///
/// They are copied in and out, and never accessed through a span.
///
/// They are made from `Pages`, which the driver gives up.
public struct SharedPages<let order: Int>: ~Copyable, Sendable {
  private var pages: Pages<order>

  /// The number of bytes.
  public static var byteCount: Int { Pages<order>.byteCount }

  /// Takes over the pages.
  public init(_ pages: consuming Pages<order>) { self.pages = pages }

  /// Takes the pages back. The caller ensures that no device or process accesses them any more.
  @unsafe
  public consuming func exclusive() -> Pages<order> { pages }

  /// Passes each page and its offset in bytes to `body`, from the first to the last.
  ///
  /// Context: any.
  @inline(__always)
  public borrowing func forEachPage<Failure: Error>(
    _ body: (borrowing BorrowedPage, Int) throws(Failure) -> Void
  ) throws(Failure) {
    var index = 0
    while index < 1 &<< order {
      // SAFETY: self owns the page, and this call borrows self.
      try body(
        unsafe BorrowedPage(
          page: UnsafeMutableRawPointer(apus_page_at(pages.page, UInt(bitPattern: index))),
          offset: 0,
          byteCount: pageSize, isReadOnly: false), index &* pageSize)
      index &+= 1
    }
  }

  /// Copies `length` bytes at `offset` to memory of the driver.
  ///
  /// The range may cross page boundaries.
  ///
  /// Throws: `invalidArgument` if a range is not within the pages or the memory; then nothing was
  /// copied.
  /// Context: any.
  public borrowing func read(
    at offset: Int, length: Int, into destination: borrowing MutableBytes, at destinationOffset: Int
  ) throws(Errno) {
    try checkRange(offset: offset, length: length, size: Self.byteCount)
    try checkRange(offset: destinationOffset, length: length, size: destination.byteCount)
    try forEachPiece(at: offset, length: length) { page, place, count, done throws(Errno) in
      try page.read(at: place, length: count, into: destination, at: destinationOffset &+ done)
    }
  }

  /// Copies `length` bytes from memory of the driver to `offset`.
  ///
  /// The range may cross page boundaries.
  ///
  /// Throws: `invalidArgument` if a range is not within the pages or the memory; then nothing was
  /// copied.
  /// Context: any.
  public borrowing func write(
    at offset: Int, length: Int, from source: RawSpan, at sourceOffset: Int
  ) throws(Errno) {
    try checkRange(offset: offset, length: length, size: Self.byteCount)
    try checkRange(offset: sourceOffset, length: length, size: source.byteCount)
    try forEachPiece(at: offset, length: length) { page, place, count, done throws(Errno) in
      try page.write(at: place, length: count, from: source, at: sourceOffset &+ done)
    }
  }

  /// Splits a checked range at page boundaries.
  ///
  /// The body's arguments are the page, the offset in the page, the length of the part, and the
  /// length of the parts before it.
  private borrowing func forEachPiece(
    at offset: Int, length: Int,
    _ body: (borrowing BorrowedPage, Int, Int, Int) throws(Errno) -> Void
  ) throws(Errno) {
    var done = 0
    while done < length {
      let position = offset &+ done
      let place = position & (pageSize &- 1)
      let count = min(pageSize &- place, length &- done)
      // SAFETY: the range was checked, so self owns the page; this call borrows self.
      try body(
        unsafe BorrowedPage(
          page: UnsafeMutableRawPointer(
            apus_page_at(pages.page, UInt(bitPattern: position >> pageShift))), offset: 0,
          byteCount: pageSize, isReadOnly: false), place, count, done)
      done &+= count
    }
  }
}
