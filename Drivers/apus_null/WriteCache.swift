// SPDX-License-Identifier: GPL-2.0-only
// apus_null: a write cache in front of the device's memory. A flush empties it, and switching the
// device off discards it.

import BlockMQ
import Kernel

/// The data that was written and not flushed yet, by sectors. When the limit is reached, pages move
/// to the device's memory.
struct WriteCache: ~Copyable, Sendable {
  /// A page of the device, and a bit for each of its sectors that the cache has.
  struct CachedPage: ~Copyable, Sendable {
    var page: Page
    var sectors: UInt64 = 0
  }

  struct State: ~Copyable, Sendable {
    var pages = RedBlackTree<UInt, CachedPage>()
    /// Where the search for the next page to move begins.
    var position: UInt = 0
  }

  private let state: Mutex<State>

  /// Bytes.
  private let limit: UInt

  /// Makes a cache of `mebibytes` MiB.
  init(mebibytes: UInt) throws(Errno) {
    state = try Mutex(State(), .kernel)
    limit = mebibytes.multipliedReportingOverflow(by: 1 << 20).partialValue
  }

  /// The bits of a range of sectors of a page, which begins at a byte offset.
  private static func bits(from offset: Int, length: Int) -> UInt64 {
    let first = UInt64(truncatingIfNeeded: offset &>> 9)
    let count = UInt64(truncatingIfNeeded: (offset & 511) &+ length &+ 511) &>> 9
    return (count >= 64 ? UInt64.max : (1 &<< count) &- 1) &<< first
  }

  /// Writes into the cache.
  borrowing func write(
    _ io: borrowing some DeviceIO & ~Copyable, at start: Sector, to store: borrowing PageStore
  ) throws(Errno) {
    try state.withLock { state throws(Errno) in
      try io.forEachPiece(from: start) { segment, piece throws(Errno) in
        try Self.makeRoom(for: UInt(pageSize), limit, &state, store)
        let found: Void? = try state.pages.withMutableValue(at: piece.page) {
          cached throws(Errno) in
          try Self.copy(segment, piece, into: &cached)
        }
        if found != nil { return }
        var cached = CachedPage(page: try PageStore.newPage())
        try Self.copy(segment, piece, into: &cached)
        try state.pages.insert(piece.page, cached, .noIO | .noWarning)
      }
    }
  }

  private static func copy(
    _ segment: borrowing Segment, _ piece: PagePiece, into cached: inout CachedPage
  ) throws(Errno) {
    try cached.page.withMutableBytes { bytes throws(Errno) in
      try segment.read(
        at: piece.segmentOffset, length: piece.length, into: bytes, at: piece.pageOffset)
    }
    cached.sectors |= bits(from: piece.pageOffset, length: piece.length)
  }

  /// Writes to the device's memory, and drops these sectors from the cache.
  borrowing func writeThrough(
    _ io: borrowing some DeviceIO & ~Copyable, at start: Sector, to store: borrowing PageStore
  ) throws(Errno) {
    try state.withLock { state throws(Errno) in
      try io.forEachPiece(from: start) { segment, piece throws(Errno) in
        try store.write(segment, piece)
        let rest = state.pages.withMutableValue(at: piece.page) { cached in
          cached.sectors &= ~Self.bits(from: piece.pageOffset, length: piece.length)
          return cached.sectors
        }
        if rest == 0 { _ = state.pages.remove(piece.page) }
      }
    }
  }

  /// Reads each sector from the cache, or from the device's memory if the cache does not have it.
  borrowing func read(_ io: borrowing some DeviceIO & ~Copyable, from store: borrowing PageStore)
    throws(Errno)
  {
    try state.withLock { state throws(Errno) in
      try io.forEachPiece(from: io.sector) { segment, piece throws(Errno) in
        try store.read(segment, piece)
        _ = try state.pages.withValue(at: piece.page) { cached throws(Errno) in
          var done = 0
          while done < piece.length {
            let offset = piece.pageOffset &+ done
            let length = min(512 &- (offset & 511), piece.length &- done)
            if cached.sectors & Self.bits(from: offset, length: length) != 0 {
              try cached.page.withBytes { bytes throws(Errno) in
                try segment.write(
                  at: piece.segmentOffset &+ done, length: length, from: bytes, at: offset)
              }
            }
            done &+= length
          }
        }
      }
    }
  }

  /// Discards a range of bytes, in the cache and in the device's memory.
  borrowing func discard(from start: UInt64, byteCount: UInt64, in store: borrowing PageStore)
    throws(Errno)
  {
    let end = start.addingReportingOverflow(byteCount).overflow ? UInt64.max : start &+ byteCount
    try state.withLock { state throws(Errno) in
      state.pages.forEachMutable { index, cached in
        let first = UInt64(index) &<< UInt64(pageShift)
        let from = max(first, start)
        let to = min(first &+ UInt64(pageSize), end)
        guard from < to else { return }
        cached.sectors &= ~Self.bits(
          from: Int(truncatingIfNeeded: from &- first), length: Int(truncatingIfNeeded: to &- from))
      }
      state.pages.removeAll { _, cached in cached.sectors == 0 }
      try store.discard(from: start, byteCount: byteCount)
    }
  }

  /// Moves all pages to the device's memory.
  borrowing func flush(to store: borrowing PageStore) throws(Errno) {
    try state.withLock { state throws(Errno) in
      while try Self.moveOne(&state, store) {}
    }
  }

  /// Moves pages until there is room for `byteCount` bytes.
  private static func makeRoom(
    for byteCount: UInt, _ limit: UInt, _ state: inout State, _ store: borrowing PageStore
  ) throws(Errno) {
    while limit <= UInt(truncatingIfNeeded: state.pages.count &* pageSize) &+ byteCount {
      guard try moveOne(&state, store) else { return }
    }
  }

  /// Moves the next page. Returns false if there is none.
  private static func moveOne(_ state: inout State, _ store: borrowing PageStore) throws(Errno)
    -> Bool
  {
    guard let index = state.pages.firstKey(from: state.position) ?? state.pages.firstKey else {
      return false
    }
    _ = try state.pages.withValue(at: index) { cached throws(Errno) in
      var sector = 0
      while sector < pageSize / 512 {
        if cached.sectors & (1 &<< UInt64(truncatingIfNeeded: sector)) != 0 {
          try store.copy(cached.page, at: sector &* 512, length: 512, toPage: index)
        }
        sector &+= 1
      }
    }
    _ = state.pages.remove(index)
    state.position = index
    return true
  }
}
