// SPDX-License-Identifier: GPL-2.0-only
// Owned pages that a device or user space may change at any time.
// C header: include/linux/gfp.h

internal import CKernel

/// Pages that this driver owns and others reach too: they are copied in and out, and never seen through a span.
///
/// Made from pages of its own, which the driver no longer reaches as such.
public struct SharedPages<let order: Int>: ~Copyable, Sendable {
  private var pages: Pages<order>

  /// The number of bytes.
  public static var byteCount: Int { Pages<order>.byteCount }

  /// Shares pages.
  public init(_ pages: consuming Pages<order>) { self.pages = pages }

  /// Takes the pages back. The caller knows that nobody else reaches them any more.
  @unsafe
  public consuming func exclusive() -> Pages<order> { pages }

  /// Gives each page to `body`, the first one first, with its offset in bytes.
  ///
  /// Context: any.
  @inline(__always)
  public borrowing func forEachPage<Failure: Error>(
    _ body: (borrowing BorrowedPage, Int) throws(Failure) -> Void
  ) throws(Failure) {
    var index = 0
    while index < 1 &<< order {
      // SAFETY: one of the pages that self owns, which this call borrows.
      try body(
        unsafe BorrowedPage(
          page: UnsafeMutableRawPointer(apus_page_at(pages.page, UInt(bitPattern: index))), offset: 0,
          byteCount: pageSize, isReadOnly: false), index &* pageSize)
      index &+= 1
    }
  }

  /// Copies `length` bytes from `offset` on into memory of the driver's, across the pages' boundaries.
  ///
  /// Throws: `invalidArgument` if a range is not within the pages or the memory; then nothing was copied.
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

  /// Copies `length` bytes of the driver's to `offset`, across the pages' boundaries.
  ///
  /// Throws: `invalidArgument` if a range is not within the pages or the memory; then nothing was copied.
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

  /// Cuts a checked range at the pages' boundaries: page, place in there, length, and how much came before.
  private borrowing func forEachPiece(
    at offset: Int, length: Int, _ body: (borrowing BorrowedPage, Int, Int, Int) throws(Errno) -> Void
  ) throws(Errno) {
    var done = 0
    while done < length {
      let position = offset &+ done
      let place = position & (pageSize &- 1)
      let count = min(pageSize &- place, length &- done)
      // SAFETY: the range was checked, so the page is one of those that self owns, which this call borrows.
      try body(
        unsafe BorrowedPage(
          page: UnsafeMutableRawPointer(apus_page_at(pages.page, UInt(bitPattern: position >> pageShift))), offset: 0,
          byteCount: pageSize, isReadOnly: false), place, count, done)
      done &+= count
    }
  }
}
