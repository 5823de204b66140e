// SPDX-License-Identifier: GPL-2.0-only
// apus_null: the contents of a memory-backed device, in pages of memory.

import BlockMQ
import Kernel
import Synchronization

/// An I/O operation with its memory: a request or a bio.
protocol DeviceIO: ~Copyable {
  var operation: Operation { get }
  var sector: Sector { get }
  var byteCount: Int { get }
  var isForcedUnitAccess: Bool { get }
  borrowing func forEachPiece<Failure: Error>(
    from start: Sector, _ body: (borrowing Segment, PagePiece) throws(Failure) -> Void
  ) throws(Failure)
}

/// The device's contents: a page of memory at each index that was ever written.
struct PageStore: ~Copyable, Sendable {
  let pages: XArray<Page>

  /// The number of pages.
  let allocated = Atomic<Int>(0)

  init() throws(Errno) { pages = try XArray(.kernel) }

  var pageCount: Int { allocated.load(ordering: .relaxed) }

  /// Copies a page's bytes into a segment. Copies zeroes if there is no page.
  @inline(__always)
  borrowing func read(_ segment: borrowing Segment, _ piece: PagePiece) throws(Errno) {
    let found: Void? = try pages.withElement(at: piece.page) { page throws(Errno) in
      try page.withBytes { bytes throws(Errno) in
        try segment.write(
          at: piece.segmentOffset, length: piece.length, from: bytes, at: piece.pageOffset)
      }
    }
    if found == nil { try segment.zero(at: piece.segmentOffset, length: piece.length) }
  }

  /// Copies a segment into its page. Allocates the page if it does not exist.
  @inline(__always)
  borrowing func write(_ segment: borrowing Segment, _ piece: PagePiece) throws(Errno) {
    while true {
      let found: Void? = try pages.withElement(at: piece.page) { page throws(Errno) in
        try page.withMutableBytes { bytes throws(Errno) in
          try segment.read(
            at: piece.segmentOffset, length: piece.length, into: bytes, at: piece.pageOffset)
        }
      }
      if found != nil { return }
      try addPage(at: piece.page)
    }
  }

  /// Copies bytes of another page into the page at an index.
  borrowing func copy(_ source: borrowing Page, at offset: Int, length: Int, toPage index: UInt)
    throws(Errno)
  {
    while true {
      let found: Void? = try pages.withElement(at: index) { page throws(Errno) in
        try page.copy(from: source, at: offset, to: offset, length: length)
      }
      if found != nil { return }
      try addPage(at: index)
    }
  }

  /// Adds a page of zeroes, unless another CPU has added it meanwhile.
  ///
  /// The allocation starts no I/O, since it is in the I/O path. It does not invoke the
  /// out-of-memory killer: the write fails instead. It also leaves a reserve of free memory.
  /// Otherwise the next allocation, for example for a page of a program, would invoke the
  /// out-of-memory killer.
  borrowing func addPage(at index: UInt) throws(Errno) {
    let page = try PageStore.newPage()
    if try pages.insert(page, at: index, .noIO | .retryMayFail | .noWarning) {
      allocated.wrappingAdd(1, ordering: .relaxed)
    }
  }

  /// Allocates a page of zeroes, under the same rules.
  static func newPage() throws(Errno) -> Page {
    let reserve = min(max(SystemMemory.totalPages / 16, 4096), 65536)
    guard SystemMemory.availablePages > reserve else { throw .outOfMemory }
    return try Page(.noIO | .retryMayFail | .noWarning | .zeroed)
  }

  /// Frees the pages that lie within a range of bytes, and zeroes the partial pages at both ends.
  borrowing func discard(from start: UInt64, byteCount: UInt64) throws(Errno) {
    var page = UInt(truncatingIfNeeded: start >> UInt64(pageShift))
    var offset = Int(truncatingIfNeeded: start) & (pageSize &- 1)
    var left = byteCount
    while left > 0 {
      let wholePages = UInt(truncatingIfNeeded: left &>> UInt64(truncatingIfNeeded: pageShift))
      if offset == 0, wholePages > 0 {
        let removed = pages.removeAll(from: page, count: wholePages)
        allocated.wrappingSubtract(removed, ordering: .relaxed)
        page &+= wholePages
        left &= UInt64(truncatingIfNeeded: pageSize &- 1)
      } else {
        let length = Int(
          truncatingIfNeeded: min(left, UInt64(truncatingIfNeeded: pageSize &- offset)))
        _ = try pages.withElement(at: page) { page throws(Errno) in
          try page.zero(at: offset, length: length)
        }
        left &-= UInt64(truncatingIfNeeded: length)
        offset = 0
        page &+= 1
      }
    }
  }
}
