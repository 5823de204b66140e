// SPDX-License-Identifier: GPL-2.0-only
// apus_zblock: computes the slot sizes.

import Zpool

/// A kind of slab: its number of pages, and the size of its slots in bytes.
struct SizeClass: Equatable, Sendable {
  let pages: Int
  let slotSize: Int
  let slotCount: Int

  init(pages: Int, slotSize: Int) {
    self.pages = pages
    self.slotSize = slotSize
    slotCount = min((pages &* pageSize &- Slab.headerSize) / max(slotSize, 1), Slab.maximumSlots)
  }

  static func == (left: SizeClass, right: SizeClass) -> Bool {
    left.pages == right.pages && left.slotSize == right.slotSize
  }
}

/// The classes, and the class of each object size.
///
/// For each size, the kinds of slabs are compared by the memory that an object takes in one of
/// them, including its share of the header and the remainder: pages / slots. This gives the best
/// kind. But each class has at least one slab that is not full, and large slabs are hard to
/// allocate. So of the kinds within one percent of the best, the one with the fewest pages is
/// chosen. Sizes with the same kind of slab form one class.
struct SizeClasses: ~Copyable, Sendable {
  /// An object may take at most one part in `tolerance` more memory than in the best kind of slab.
  static var tolerance: Int { 100 }

  /// The largest object: a page, the maximum that zswap requests.
  static var maximumSize: Int { pageSize }

  let classes: RigidArray<SizeClass>
  /// For each size, indexed by size in grains minus 1: its class, and its class with slabs of one
  /// page, for when no larger slabs are available.
  private let best: RigidArray<UInt8>
  private let single: RigidArray<UInt8>

  init(_ flags: AllocationFlags) throws(Errno) {
    let grains = SizeClasses.maximumSize / Slab.grain
    var classes = try RigidArray<SizeClass>(capacity: 255, flags)
    var best = try RigidArray<UInt8>(capacity: grains, flags)
    var single = try RigidArray<UInt8>(capacity: grains, flags)
    var size = Slab.grain
    while size <= SizeClasses.maximumSize {
      guard let kind = SizeClasses.kind(for: size, pages: Slab.maximumPages) else {
        throw .invalidArgument
      }
      let found = try SizeClasses.index(of: kind, &classes)
      try best.append(found)
      if let kind = SizeClasses.kind(for: size, pages: 1) {
        try single.append(try SizeClasses.index(of: kind, &classes))
      }
      size &+= Slab.grain
    }
    self.classes = classes
    self.best = best
    self.single = single
  }

  /// Returns the kind of slab with at most `pages` pages for objects of a size, or nil if they do
  /// not fit.
  private static func kind(for size: Int, pages: Int) -> SizeClass? {
    // Compares shares of pages as fractions: pages / slots.
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
        // The remainder of the slab goes to the slots, so that larger sizes share the class.
        let room = (candidate &* pageSize &- Slab.headerSize) / max(slots, 1)
        return SizeClass(pages: candidate, slotSize: room &- room % Slab.grain)
      }
      candidate &+= 1
    }
    return nil
  }

  private static func slotCount(of size: Int, pages: Int) -> Int {
    min((pages &* pageSize &- Slab.headerSize) / max(size, 1), Slab.maximumSlots)
  }

  /// Returns the index of a kind in the classes, and adds the kind if it is new.
  private static func index(of kind: SizeClass, _ classes: inout RigidArray<SizeClass>)
    throws(Errno) -> UInt8
  {
    var index = 0
    while let known = classes.withElement(at: index, { $0 }) {
      if known == kind { return UInt8(truncatingIfNeeded: index) }
      index &+= 1
    }
    try classes.append(kind)
    return UInt8(truncatingIfNeeded: index)
  }

  /// The class for objects of a size, or nil if the size has none.
  @inline(__always)
  borrowing func index(for byteCount: Int) -> Int? {
    best.withElement(at: SizeClasses.grains(before: byteCount)) { Int($0) }
  }

  /// The class with slabs of one page, or nil if the size does not fit.
  borrowing func singleIndex(for byteCount: Int) -> Int? {
    single.withElement(at: SizeClasses.grains(before: byteCount)) { Int($0) }
  }

  /// The index of a size. An invalid size gives an index beyond all classes. (The division of
  /// unsigned numbers compiles to a shift.)
  @inline(__always)
  private static func grains(before byteCount: Int) -> Int {
    Int(bitPattern: UInt(bitPattern: byteCount &- 1) / UInt(bitPattern: Slab.grain))
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
