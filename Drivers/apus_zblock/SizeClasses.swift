// SPDX-License-Identifier: GPL-2.0-only
// apus_zblock: which sizes of slots there are, computed.

import Zpool

/// Blocks of one kind: their pages, and how large their slots are.
struct SizeClass: Equatable, Sendable {
  let pages: Int
  let slotSize: Int
  let slotCount: Int

  init(pages: Int, slotSize: Int) {
    self.pages = pages
    self.slotSize = slotSize
    slotCount = min((pages &* pageSize &- Block.headerSize) / max(slotSize, 1), Block.maximumSlots)
  }

  static func == (left: SizeClass, right: SizeClass) -> Bool {
    left.pages == right.pages && left.slotSize == right.slotSize
  }
}

/// The classes, and which one an object of a size belongs to.
///
/// For each size, the kinds of blocks are compared by the memory that an object takes in one of them, its share of header and remainder
/// included: pages / slots. The best is known then. But each class has a block or more that is not full, and large blocks are hard
/// to get; so, of the kinds that are within a hundredth of the best, the one with the fewest pages is taken. Sizes with the same kind of
/// block are one class.
struct SizeClasses: ~Copyable, Sendable {
  /// How much more memory than in the best kind of block an object may take: one part of this many.
  static var tolerance: Int { 100 }

  /// The largest object: a page, which zswap asks for at most.
  static var maximumSize: Int { pageSize }

  let classes: RigidArray<SizeClass>
  /// By the size in grains, less one: the class, and the one with blocks of one page for when no larger ones are to be had.
  private let best: RigidArray<UInt8>
  private let single: RigidArray<UInt8>

  init(_ flags: AllocationFlags) throws(Errno) {
    let grains = SizeClasses.maximumSize / Block.grain
    var classes = try RigidArray<SizeClass>(capacity: 255, flags)
    var best = try RigidArray<UInt8>(capacity: grains, flags)
    var single = try RigidArray<UInt8>(capacity: grains, flags)
    var size = Block.grain
    while size <= SizeClasses.maximumSize {
      guard let kind = SizeClasses.kind(for: size, pages: Block.maximumPages) else { throw .invalidArgument }
      let found = try SizeClasses.index(of: kind, &classes)
      try best.append(found)
      if let kind = SizeClasses.kind(for: size, pages: 1) {
        try single.append(try SizeClasses.index(of: kind, &classes))
      }
      size &+= Block.grain
    }
    self.classes = classes
    self.best = best
    self.single = single
  }

  /// The kind of block for objects of a size, with no more pages than that; nil if they do not fit.
  private static func kind(for size: Int, pages: Int) -> SizeClass? {
    // Shares of pages are compared as fractions: pages / slots.
    var bestPages = 0
    var bestSlots = 1
    var candidate = 1
    while candidate <= pages {
      let slots = slotCount(of: size, pages: candidate)
      if slots > 0, bestPages == 0 || candidate &* bestSlots < bestPages &* slots {
        bestPages = candidate
        bestSlots = slots
      }
      candidate &+= 1
    }
    candidate = 1
    while candidate <= pages {
      let slots = slotCount(of: size, pages: candidate)
      if slots > 0, candidate &* bestSlots &* tolerance <= bestPages &* slots &* (tolerance &+ 1) {
        // What is left of the block goes to the slots, so that larger sizes share the class.
        let room = (candidate &* pageSize &- Block.headerSize) / max(slots, 1)
        return SizeClass(pages: candidate, slotSize: room &- room % Block.grain)
      }
      candidate &+= 1
    }
    return nil
  }

  private static func slotCount(of size: Int, pages: Int) -> Int {
    min((pages &* pageSize &- Block.headerSize) / max(size, 1), Block.maximumSlots)
  }

  /// The place of a kind among the classes, to which it is added if it is new.
  private static func index(of kind: SizeClass, _ classes: inout RigidArray<SizeClass>) throws(Errno) -> UInt8 {
    var index = 0
    while let known = classes.withElement(at: index, { $0 }) {
      if known == kind { return UInt8(truncatingIfNeeded: index) }
      index &+= 1
    }
    try classes.append(kind)
    return UInt8(truncatingIfNeeded: index)
  }

  /// The class for objects of a size, or nil for a size that has none.
  @inline(__always)
  borrowing func index(for byteCount: Int) -> Int? {
    best.withElement(at: SizeClasses.grains(before: byteCount)) { Int($0) }
  }

  /// The class with blocks of one page, or nil for a size that does not fit.
  borrowing func singleIndex(for byteCount: Int) -> Int? {
    single.withElement(at: SizeClasses.grains(before: byteCount)) { Int($0) }
  }

  /// The place of a size: one that is none is beyond all. (Of unsigned numbers the division is a shift.)
  @inline(__always)
  private static func grains(before byteCount: Int) -> Int {
    Int(bitPattern: UInt(bitPattern: byteCount &- 1) / UInt(bitPattern: Block.grain))
  }

  borrowing func write(to writer: inout TextWriter) {
    classes.forEach { kind in
      writer.append(kind.slotSize)
      writer.append(" ")
      writer.append(kind.pages)
      writer.append(" ")
      writer.append(kind.slotCount)
      writer.append("\n")
    }
  }
}
