// SPDX-License-Identifier: GPL-2.0-only
// apus_null: one null block device. It keeps what is written in pages of memory, or discards it.

import BlockMQ
import Kernel
import Synchronization

/// A device that answers at once, from memory or from nothing.
@BlockDriver
struct NullDevice: BlockDriver, ~Copyable {
  /// What was written, a page of memory at each index that was ever written to; nil for a device that discards.
  let pages: XArray<Page>?

  /// How many pages there are.
  let allocated = Atomic<Int>(0)

  init(isMemoryBacked: Bool) throws(Errno) {
    pages = isMemoryBacked ? try XArray(.kernel) : nil
  }

  var pageCount: Int { allocated.load(ordering: .relaxed) }

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    let request = request.start()
    do throws(BlockStatus) {
      try carryOut(request)
      request.end(.ok)
    } catch {
      request.end(error)
    }
    return .accepted
  }

  /// Does what the request asks for, or throws the status it fails with.
  func carryOut(_ request: borrowing Request<Self>) throws(BlockStatus) {
    guard let start = request.sector.bytes else { throw .ioError }
    switch request.operation {
    case .read: try read(request, from: start)
    case .write: try write(request, to: start)
    case .discard, .writeZeroes: try discard(from: start, byteCount: request.byteCount)
    case .flush: break
    default: throw .notSupported
    }
  }

  /// Copies pages into the request's memory; zeroes where there is no page.
  func read(_ request: borrowing Request<Self>, from start: UInt64) throws(BlockStatus) {
    try forEachPiece(of: request, from: start) { segment, piece throws(Errno) in
      let found: Void? = try pages?.withElement(at: piece.page) { page throws(Errno) in
        try page.withBytes { bytes throws(Errno) in
          try segment.write(at: piece.segmentOffset, length: piece.length, from: bytes, at: piece.pageOffset)
        }
      }
      if found == nil { try segment.zero(at: piece.segmentOffset, length: piece.length) }
    }
  }

  /// Copies the request's memory into pages, allocating those that are not there yet.
  func write(_ request: borrowing Request<Self>, to start: UInt64) throws(BlockStatus) {
    guard pages != nil else { return }
    try forEachPiece(of: request, from: start) { segment, piece throws(Errno) in
      while true {
        let found: Void? = try pages?.withElement(at: piece.page) { page throws(Errno) in
          try page.withMutableBytes { bytes throws(Errno) in
            try segment.read(at: piece.segmentOffset, length: piece.length, into: bytes, at: piece.pageOffset)
          }
        }
        if found != nil { return }
        try addPage(at: piece.page)
      }
    }
  }

  /// Adds a page of zeroes, unless another CPU was faster.
  ///
  /// Starts no I/O, since it is on the way of I/O, and does not call the out-of-memory killer: the write fails instead.
  /// Nor does it take the last of the memory: whoever needed some next, were it for a page of a program, would call it.
  func addPage(at index: UInt) throws(Errno) {
    let reserve = min(max(SystemMemory.totalPages / 16, 4096), 65536)
    guard SystemMemory.availablePages > reserve else { throw .outOfMemory }
    let flags: AllocationFlags = .noIO | .retryMayFail | .noWarning
    let page = try Page(flags | .zeroed)
    if try pages?.insert(page, at: index, flags) == true { allocated.wrappingAdd(1, ordering: .relaxed) }
  }

  /// Gives back the pages that lie within a range of bytes, and zeroes its parts of pages at both ends.
  func discard(from start: UInt64, byteCount: Int) throws(BlockStatus) {
    guard pages != nil else { return }
    var place = Place(start)
    var left = byteCount
    while left > 0 {
      let wholePages = UInt(bitPattern: left / pageSize)
      if place.offset == 0, wholePages > 0 {
        let removed = pages?.removeAll(from: place.page, count: wholePages) ?? 0
        allocated.wrappingSubtract(removed, ordering: .relaxed)
        place.page &+= wholePages
        left %= pageSize
      } else {
        let offset = place.offset
        let length = min(pageSize &- offset, left)
        do throws(Errno) {
          _ = try pages?.withElement(at: place.page) { page throws(Errno) in
            try page.zero(at: offset, length: length)
          }
        } catch {
          throw BlockStatus(error)
        }
        place.advance(by: length)
        left &-= length
      }
    }
  }

  /// A byte of the device: its page, and its place in there.
  struct Place {
    var page: UInt
    var offset: Int

    init(_ byte: UInt64) {
      page = UInt(truncatingIfNeeded: byte >> UInt64(pageShift))
      offset = Int(truncatingIfNeeded: byte) & (pageSize &- 1)
    }

    /// Moves on by what is left of the page at most.
    mutating func advance(by length: Int) {
      offset &+= length
      if offset >= pageSize {
        offset = 0
        page &+= 1
      }
    }
  }

  /// A part of a segment that lies within one page of the device.
  struct Piece {
    let page: UInt
    let pageOffset: Int
    let segmentOffset: Int
    let length: Int
  }

  /// Cuts the request's memory where the device's pages end, and gives each piece to `body`.
  ///
  /// Throws the status that stands for the body's error. Memory that ran out is space that ran out, as in a thin
  /// device: that is what file systems know how to handle.
  func forEachPiece(
    of request: borrowing Request<Self>, from start: UInt64,
    _ body: (borrowing Segment, Piece) throws(Errno) -> Void
  ) throws(BlockStatus) {
    var place = Place(start)
    do throws(Errno) {
      try request.forEachSegment { segment throws(Errno) in
        var done = 0
        while done < segment.byteCount {
          let length = min(pageSize &- place.offset, segment.byteCount &- done)
          try body(
            segment, Piece(page: place.page, pageOffset: place.offset, segmentOffset: done, length: length))
          done &+= length
          place.advance(by: length)
        }
      }
    } catch {
      throw error == .outOfMemory ? .noSpace : BlockStatus(error)
    }
  }
}
