// SPDX-License-Identifier: GPL-2.0-only
// A slab of pages that holds objects.
// C header: include/linux/gfp.h

internal import CKernel
public import Kernel

/// One to eight contiguous pages with room for objects, owned: freed when the value ends.
///
/// A slab either has slots of one size, of which a free one is found in constant time, or is one
/// page with an object at either end. A slab with used slots is not freed when it ends; a message
/// goes to the kernel log.
///
/// Invariant: `header` is at the start of `pages` pages that this value owns. The slab is not in
/// any `SlabLists`.
@safe @frozen
public struct Slab: ~Copyable, @unchecked Sendable {
  @usableFromInline let header: UnsafeMutablePointer<SlabHeader>

  /// The maximum number of slots of a slab: one for each bit of a word.
  public static var maximumSlots: Int { 64 }

  /// The maximum number of pages of a slab.
  public static var maximumPages: Int { 8 }

  /// The number of bytes of a slab that are not available to objects.
  public static var headerSize: Int { SlabLayout.headerSize }

  /// The sizes of slots are multiples of this number of bytes.
  public static var grain: Int { SlabLayout.grain }

  /// Makes a slab with slots of one size, as many as fit in it, but at most `maximumSlots`.
  ///
  /// The corresponding C functions are `alloc_pages_node` and `split_page`.
  ///
  /// - Parameter tag: a number from 0 to 255 that the slab's slots report, for example which of
  ///   several `SlabLists` the slab belongs to.
  ///
  /// Throws: `invalidArgument` for impossible numbers of pages or slot sizes; `outOfMemory`, which
  /// is likely for several pages when memory is scarce.
  /// Context: as the flags say.
  public init(
    pages: Int, slotSize: Int, tag: UInt8 = 0, _ flags: AllocationFlags, node: NUMANode = .any
  ) throws(Errno) {
    guard pages >= 1, pages <= Slab.maximumPages, slotSize >= Slab.grain, slotSize % Slab.grain == 0
    else {
      throw .invalidArgument
    }
    let slots = min((pages &* pageSize &- Slab.headerSize) / slotSize, Slab.maximumSlots)
    guard slots >= 1, slotSize <= Int(UInt16.max) else { throw .invalidArgument }
    try self.init(pages: pages, slotSize: slotSize, slots: slots, tag, flags, node)
  }

  /// Makes a page for an object at either end.
  ///
  /// Throws: `outOfMemory`.
  /// Context: as the flags say.
  public init(pairIn flags: AllocationFlags, node: NUMANode = .any) throws(Errno) {
    try self.init(pages: 1, slotSize: 0, slots: 2, 0, flags, node)
  }

  private init(
    pages: Int, slotSize: Int, slots: Int, _ tag: UInt8, _ flags: AllocationFlags, _ node: NUMANode
  ) throws(Errno) {
    guard
      // SAFETY: any flags, a node that exists and a checked number of pages are valid arguments.
      let memory = unsafe apus_slab_alloc(
        node.rawValue, flags.rawValue, UInt32(truncatingIfNeeded: pages))
    else { throw .outOfMemory }
    // INVARIANT: the pages were just allocated; the header fits in the first one.
    let header = unsafe memory.bindMemory(to: SlabHeader.self, capacity: 1)
    unsafe header.initialize(
      to: SlabHeader(
        next: nil, previous: nil, older: nil, newer: nil, owner: 0, used: 0, gone: 0,
        reciprocal: slotSize > 0
          ? UInt32(truncatingIfNeeded: ((1 &<< 32) &+ slotSize &- 1) / slotSize) : 0,
        slotSize: UInt16(truncatingIfNeeded: slotSize), front: 0, back: 0,
        room: slotSize > 0 ? 0 : UInt16(truncatingIfNeeded: SlabLayout.room),
        free: UInt32(truncatingIfNeeded: slots),
        pages: UInt8(truncatingIfNeeded: pages),
        present: UInt8(truncatingIfNeeded: (1 &<< pages) &- 1),
        slots: UInt8(truncatingIfNeeded: slots),
        list: 0, tag: tag,
        neighbours: slotSize < pageSize ? SlabLayout.besideMask : SlabHeader.noNeighbours))
    unsafe self.header = header
  }

  /// Takes back a slab that `take` returned.
  @unsafe @inline(__always)
  init(owning header: UnsafeMutablePointer<SlabHeader>) {
    // INVARIANT: the caller owned the slab.
    unsafe self.header = header
  }

  @unsafe @inline(__always)
  consuming func take() -> UnsafeMutablePointer<SlabHeader> {
    // SAFETY: the caller owns the slab from here on.
    let header = unsafe header
    discard self
    return unsafe header
  }

  deinit {
    // SAFETY: this value owns the slab's pages, and the slab is in no lists.
    unsafe Slab.free(header)
  }

  /// Frees a slab's pages if it has no object.
  @unsafe
  static func free(_ header: UnsafeMutablePointer<SlabHeader>) {
    // SAFETY: the caller owns the slab.
    let used = unsafe header.pointee.used
    guard used == 0 else {
      log(.error, "a slab with \(used.nonzeroBitCount) objects in it is lost")
      return
    }
    unsafe apus_slab_free(header, UInt32(header.pointee.present))
  }

  /// The number of pages that the slab was made with.
  public var pages: Int {
    // SAFETY: `header` is at the start of the slab's pages, which this value owns.
    Int(unsafe header.pointee.pages)
  }

  /// The maximum number of objects.
  public var slotCount: Int {
    // SAFETY: `header` is at the start of the slab's pages, which this value owns.
    Int(unsafe header.pointee.slots)
  }

  /// The number of objects.
  public var objectCount: Int {
    // SAFETY: `header` is at the start of the slab's pages, which this value owns.
    unsafe header.pointee.used.nonzeroBitCount
  }

  /// The number of free slots, without slots on pages that were given back.
  public var freeSlotCount: Int {
    // SAFETY: `header` is at the start of the slab's pages, which this value owns.
    unsafe Int(header.pointee.free)
  }

  /// Whether the slab has no object.
  public var isEmpty: Bool {
    // SAFETY: `header` is at the start of the slab's pages, which this value owns.
    unsafe header.pointee.used == 0
  }

  /// The maximum size in bytes of the next object at an end; 0 if both ends are used.
  @inline(__always)
  public var freeBytesBetweenEnds: Int {
    // SAFETY: `header` is at the start of the slab's pages, which this value owns.
    Int(unsafe header.pointee.room)
  }

  /// Takes a free slot for an object, or returns nil if there is none.
  ///
  /// Complexity: constant.
  @inline(__always)
  public mutating func takeSlot() -> Slot? {
    // SAFETY: this value owns the slab, to which a `mutating` method has exclusive access. The slot
    // is free: its bit is in neither `used` nor `gone`.
    let index = unsafe (~(header.pointee.used | header.pointee.gone)).trailingZeroBitCount
    guard unsafe header.pointee.slotSize != 0, unsafe index < Int(header.pointee.slots) else {
      return nil
    }
    return unsafe use(index)
  }

  /// Takes the free end for an object of this size, or returns nil if the object does not fit.
  @inline(__always)
  public mutating func takeEnd(byteCount: Int) -> Slot? {
    guard byteCount > 0 else { return nil }
    // Rounded up, so that the object at the end of the page is aligned.
    let size = (byteCount &+ (SlabLayout.grain &- 1)) & ~(SlabLayout.grain &- 1)
    guard size >= byteCount, size <= freeBytesBetweenEnds else { return nil }
    // SAFETY: the type's invariant; this end is not used, so its size is not read concurrently.
    let used = unsafe header.pointee.used
    unsafe header.pointee.room = used == 0 ? UInt16(truncatingIfNeeded: SlabLayout.room &- size) : 0
    if used & 1 == 0 {
      unsafe header.pointee.front = UInt16(truncatingIfNeeded: size)
      return unsafe use(0)
    }
    unsafe header.pointee.back = UInt16(truncatingIfNeeded: size)
    return unsafe use(1)
  }

  @unsafe @inline(__always)
  private mutating func use(_ index: Int) -> Slot {
    // SAFETY: the type's invariant; the caller has checked that the slot is free.
    unsafe header.pointee.used |= 1 &<< UInt64(truncatingIfNeeded: index)
    unsafe header.pointee.free &-= 1
    let slot = unsafe Slot(slab: header, index: index)
    // SAFETY: an object has at least 16 bytes, and no other code knows this object yet.
    unsafe apus_compat_object_made(slot.address)
    return slot
  }
}
