// SPDX-License-Identifier: GPL-2.0-only
// Pages of memory that the driver owns.
// C header: include/linux/gfp.h, include/linux/mm_types.h (struct page)

internal import CKernel

/// `1 << order` contiguous pages of memory, owned: freed once, when the value ends, on every path.
///
/// The memory is reachable through this value only, so access is by spans: shared spans through a
/// borrow, exclusive ones through `mutating` methods. Pages that user space or a device may change
/// during an access, such as the pages of a bio, have another type (`Segment` in the module Block),
/// which only copies.
///
/// Invariant: `raw` is the first `struct page` of `1 << order` pages, which this value owns and no
/// other code reaches.
///
/// Context: allocation as its flags say; everything else in any context.
///
/// ```swift
/// /// The superblock of a cache device, in the format that it has on disk.
/// struct CacheSuperblock: ~Copyable {
///   private static var magic: UInt64 { 0x4170_7573_4361_6368 }
///   private var page: Page
///
///   init() throws(Errno) { page = try Page(.noIO | .zeroed) }
///
///   mutating func set(generation: UInt64) throws(Errno) {
///     try page.withMutableBytes { bytes throws(Errno) in
///       try bytes.store(CacheSuperblock.magic.littleEndian, at: 0)
///       try bytes.store(generation.littleEndian, at: 8)
///     }
///   }
///
///   func generation() throws(Errno) -> UInt64 {
///     try page.withBytes { bytes throws(Errno) in
///       let magic = UInt64(littleEndian: try bytes.load(as: UInt64.self, at: 0))
///       guard magic == CacheSuperblock.magic else { throw .invalidArgument }
///       return UInt64(littleEndian: try bytes.load(as: UInt64.self, at: 8))
///     }
///   }
/// }
/// ```
@safe @frozen
public struct Pages<let order: Int>: ~Copyable, @unchecked Sendable {
  @usableFromInline let raw: UnsafeMutableRawPointer

  /// The first page, as C sees it.
  var page: UnsafeMutablePointer<page> {
    // SAFETY: the type's invariant: the pointer was made from a `struct page`.
    unsafe raw.assumingMemoryBound(to: CKernel.page.self)
  }

  /// The number of bytes.
  public static var byteCount: Int { pageSize &<< order }

  /// Allocates the pages. The corresponding C function is `alloc_pages_node`.
  ///
  /// Throws: `outOfMemory`; `invalidArgument` if the order is negative or above the kernel's
  /// maximum.
  public init(_ flags: AllocationFlags, node: NUMANode = .any) throws(Errno) {
    guard order >= 0, order <= Int(truncatingIfNeeded: APUS_MAX_ORDER.rawValue) else {
      throw .invalidArgument
    }
    var gfp = flags.rawValue
    // Above order 0 the pages are accessed through one linear address, which high memory does not
    // have. They are one compound page.
    if order > 0 { gfp = (gfp & ~APUS_GFP_HIGHMEM.rawValue) | APUS_GFP_COMP.rawValue }
    // SAFETY: all flags are valid arguments, and so is a node that exists (NUMANode's invariant).
    guard
      let page = unsafe apus_alloc_pages_node(node.rawValue, gfp, UInt32(truncatingIfNeeded: order))
    else {
      throw .outOfMemory
    }
    // INVARIANT: the memory was just allocated, and no other code knows its address.
    unsafe self.raw = UnsafeMutableRawPointer(page)
  }

  /// Takes back the pages that `take` returned.
  ///
  /// The caller owns them before this call, and this value after it.
  @unsafe
  public init(owning raw: UnsafeMutableRawPointer) {
    // INVARIANT: the caller owns the pages and gives up ownership.
    unsafe self.raw = raw
  }

  /// Gives up ownership without freeing, and returns the first `struct page`.
  ///
  /// The caller must free the pages with `__free_pages` and this order, or pass them to
  /// `init(owning:)`.
  @unsafe
  public consuming func take() -> UnsafeMutableRawPointer {
    // SAFETY: the caller owns the pages from here on.
    let raw = unsafe raw
    discard self
    return unsafe raw
  }

  deinit {
    // SAFETY: the type's invariant: this value owns the pages, and ends here.
    unsafe apus_free_pages(page, UInt32(truncatingIfNeeded: order))
  }

  /// The NUMA node that the memory is on. The corresponding C function is `page_to_nid`.
  public var node: NUMANode {
    // SAFETY: the page is valid by the type's invariant. The page is memory, so its node has
    // memory.
    NUMANode(unchecked: unsafe apus_page_node(page))
  }
}

/// One page of memory.
public typealias Page = Pages<0>
