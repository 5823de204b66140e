// SPDX-License-Identifier: GPL-2.0-only
// Pages of memory that this driver owns.
// C header: include/linux/gfp.h, include/linux/mm_types.h (struct page)

internal import CKernel

/// `1 << order` contiguous pages of memory, owned: freed when the value ends, once, on every path.
///
/// Nothing but this value can reach the memory, so access gives spans: shared ones through a borrow,
/// exclusive ones through `mutating` methods. Pages that user space or a device may change meanwhile, such as
/// those under a bio, are another type (`Segment` of the module Block), which only copies.
///
/// Invariant: `raw` is the first `struct page` of `1 << order` pages that this value owns and nobody else reaches.
///
/// Context: allocation as its flags say; everything else in any context.
@safe @frozen
public struct Pages<let order: Int>: ~Copyable, @unchecked Sendable {
  @usableFromInline let raw: UnsafeMutableRawPointer

  /// The first page, as C knows it.
  var page: UnsafeMutablePointer<page> {
    // SAFETY: the type's invariant: a `struct page` is what the pointer was made from.
    unsafe raw.assumingMemoryBound(to: CKernel.page.self)
  }

  /// The number of bytes.
  public static var byteCount: Int { pageSize &<< order }

  /// Allocates. The corresponding C function is `alloc_pages_node`.
  ///
  /// Throws: `outOfMemory`; `invalidArgument` for an order that no allocation can have.
  public init(_ flags: AllocationFlags, node: NUMANode = .any) throws(Errno) {
    guard order >= 0, order <= Int(truncatingIfNeeded: APUS_MAX_ORDER.rawValue) else { throw .invalidArgument }
    var gfp = flags.rawValue
    // Above order 0 the pages are reached by one linear address, which high memory does not have, and are
    // one compound page.
    if order > 0 { gfp = (gfp & ~APUS_GFP_HIGHMEM.rawValue) | APUS_GFP_COMP.rawValue }
    // SAFETY: any flags and a node that exists (NUMANode's invariant) are valid arguments.
    guard let page = unsafe apus_alloc_pages_node(node.rawValue, gfp, UInt32(truncatingIfNeeded: order)) else {
      throw .outOfMemory
    }
    // INVARIANT: freshly allocated, and nobody else knows the address.
    unsafe self.raw = UnsafeMutableRawPointer(page)
  }

  /// Takes back what `take` gave: the caller owns the pages, and no longer does after this call.
  @unsafe
  public init(owning raw: UnsafeMutableRawPointer) {
    // INVARIANT: the caller owns the pages, and gives them up.
    unsafe self.raw = raw
  }

  /// Gives up ownership without freeing, and gives the first `struct page`: the caller owes the kernel a
  /// `__free_pages` of this order, or this type an `init(owning:)`.
  @unsafe
  public consuming func take() -> UnsafeMutableRawPointer {
    // SAFETY: the caller owns the pages from here on.
    let raw = unsafe raw
    discard self
    return unsafe raw
  }

  deinit {
    // SAFETY: the type's invariant: this value owns the pages, and it ends here.
    unsafe apus_free_pages(page, UInt32(truncatingIfNeeded: order))
  }

  /// The NUMA node that the memory is on. The corresponding C function is `page_to_nid`.
  public var node: NUMANode {
    // SAFETY: the page is valid by the type's invariant. It has memory, so its node does.
    NUMANode(unchecked: unsafe apus_page_node(page))
  }
}

/// One page of memory.
public typealias Page = Pages<0>
