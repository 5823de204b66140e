// SPDX-License-Identifier: GPL-2.0-only
// The memory of a request, split at the boundaries of the device's pages.
// C header: include/linux/blk-mq.h (rq_for_each_segment), include/linux/mm.h (PAGE_SIZE)

public import Block
public import Kernel

/// A part of a segment that lies within one page of the device, for devices that store their
/// contents in pages.
public struct PagePiece: Sendable {
  /// The number of the page, counted from the start of the device.
  public let page: UInt
  /// The offset of the piece within that page, in bytes.
  public let pageOffset: Int
  /// The offset of the piece within the segment, in bytes.
  public let segmentOffset: Int
  /// The length in bytes, at least 1.
  public let length: Int
}

extension Request where Driver: ~Copyable {
  /// Calls `body` for each piece of the request's memory, in the order of the sectors, split at the
  /// ends of segments and of device pages. (User memory may begin anywhere in a page, whatever the
  /// device's block size.)
  ///
  /// Throws what `body` throws, immediately.
  @inline(__always)
  public borrowing func forEachPiece<Failure: Error>(
    _ body: (borrowing Segment, PagePiece) throws(Failure) -> Void
  ) throws(Failure) {
    try forEachPiece(from: sector, body)
  }

  /// The same for a request whose sectors begin elsewhere: a zone append, which names only the
  /// zone.
  @inline(__always)
  public borrowing func forEachPiece<Failure: Error>(
    from first: Sector, _ body: (borrowing Segment, PagePiece) throws(Failure) -> Void
  ) throws(Failure) {
    // (Sectors whose byte offset overflows are beyond every device.)
    let start = first.count &<< Sector.shift
    var page = UInt(truncatingIfNeeded: start &>> UInt64(truncatingIfNeeded: pageShift))
    var offset = Int(truncatingIfNeeded: start) & (pageSize &- 1)
    try forEachSegment { segment throws(Failure) in
      var done = 0
      while done < segment.byteCount {
        let length = min(pageSize &- offset, segment.byteCount &- done)
        try body(
          segment, PagePiece(page: page, pageOffset: offset, segmentOffset: done, length: length))
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
