// SPDX-License-Identifier: GPL-2.0-only
// The memory of a request, cut where the device's pages end.
// C header: include/linux/blk-mq.h (rq_for_each_segment), include/linux/mm.h (PAGE_SIZE)

public import Block
public import Kernel

/// A part of a segment that lies within one page of the device: for devices that keep their contents in pages.
public struct PagePiece: Sendable {
  /// The number of the page, counted from the device's beginning.
  public let page: UInt
  /// Where the piece begins within that page, in bytes.
  public let pageOffset: Int
  /// Where it begins within the segment, in bytes.
  public let segmentOffset: Int
  /// Its length in bytes, 1 at least.
  public let length: Int
}

extension Request where Driver: ~Copyable {
  /// Gives each piece of the request's memory to `body`, in the order of the sectors, cut where segments end and where pages of
  /// the device do. (Memory of user space may begin anywhere in a page, whatever the device's block size.)
  ///
  /// Throws what `body` throws, at once.
  @inline(__always)
  public borrowing func forEachPiece<Failure: Error>(
    _ body: (borrowing Segment, PagePiece) throws(Failure) -> Void
  ) throws(Failure) {
    try forEachPiece(from: sector, body)
  }

  /// The same, for a request whose sectors begin elsewhere: an append, which says only which zone.
  @inline(__always)
  public borrowing func forEachPiece<Failure: Error>(
    from first: Sector, _ body: (borrowing Segment, PagePiece) throws(Failure) -> Void
  ) throws(Failure) {
    // (Sectors that bytes cannot count are beyond every device.)
    let start = first.count &<< Sector.shift
    var page = UInt(truncatingIfNeeded: start &>> UInt64(truncatingIfNeeded: pageShift))
    var offset = Int(truncatingIfNeeded: start) & (pageSize &- 1)
    try forEachSegment { segment throws(Failure) in
      var done = 0
      while done < segment.byteCount {
        let length = min(pageSize &- offset, segment.byteCount &- done)
        try body(segment, PagePiece(page: page, pageOffset: offset, segmentOffset: done, length: length))
        done &+= length
        offset &+= length
        if offset == pageSize {
          offset = 0
          page &+= 1
        }
      }
    }
  }
}
