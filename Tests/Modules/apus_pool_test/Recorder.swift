// SPDX-License-Identifier: GPL-2.0-only
// apus_pool_test: records the sizes to which the kernel's algorithms compress the pages of a
// process. Tests/Traces/record uses it.

import Zpool

/// Sizes of compressed pages. A size is a page or more if the page does not become smaller, and 0
/// if the page repeats one word. zswap keeps neither kind as an object.
struct Recorder: ~Copyable {
  private var source: Page
  private var room: Pages<1>
  private var sizes: RigidArray<UInt16>

  init() throws(Errno) {
    let source = try Page(.kernel)
    let room = try Pages<1>(.kernel)
    let sizes = try RigidArray<UInt16>(capacity: 512, .kernel)
    self.source = source
    self.room = room
    self.sizes = sizes
  }

  /// Compresses pages of the process that writes the command, with the algorithm that the command
  /// names: lzo, lz4 or zstd.
  mutating func record(_ algorithm: borrowing CString, at address: UInt, pages: Int) throws(Errno) {
    while sizes.popLast() != nil {}
    var compressor =
      switch (algorithm.byte(at: 0), algorithm.byte(at: 2)) {
      case (0x6c, 0x6f): try Compressor(named: "lzo")
      case (0x6c, 0x34): try Compressor(named: "lz4")
      default: try Compressor(named: "zstd")
      }
    var page = 0
    while page < pages {
      try read(algorithm, at: address &+ UInt(truncatingIfNeeded: page &* pageSize))
      let size = try source.withBytes { source throws(Errno) in
        isSame(source)
          ? 0
          : try room.withMutableBytes { room throws(Errno) in
            try compressor.compress(source, into: room)
          }
      }
      try sizes.append(UInt16(truncatingIfNeeded: size))
      page &+= 1
    }
  }

  /// Copies a page of the process that wrote the text.
  private mutating func read(_ text: borrowing CString, at address: UInt) throws(Errno) {
    try text.withUserMemory(at: address, byteCount: pageSize) { memory throws(Errno) in
      try source.withMutableBytes { bytes throws(Errno) in
        try memory.read(length: pageSize, into: bytes)
      }
    }
  }

  /// Whether a page repeats one word. zswap keeps such a page without an object.
  private func isSame(_ bytes: RawSpan) -> Bool {
    do throws(Errno) {
      let first = try bytes.load(as: UInt64.self, at: 0)
      var place = 8
      while place < bytes.byteCount {
        if try bytes.load(as: UInt64.self, at: place) != first { return false }
        place &+= 8
      }
      return true
    } catch { return false }
  }

  borrowing func write(to writer: inout TextWriter) {
    sizes.forEach { size in
      writer.append(size)
      writer.append(" ")
    }
    writer.append("\n")
  }
}
