// SPDX-License-Identifier: GPL-2.0-only
// Memory of any size, contiguous only in the kernel's virtual address space.
// C header: include/linux/vmalloc.h

internal import CKernel

/// An owned area of memory whose pages need not be physically contiguous.
///
/// Invariant: `start` is an area from vmalloc of `byteCount` bytes, rounded up to pages. Only this
/// value frees it.
@safe
public struct VirtualMemory: ~Copyable, @unchecked Sendable {
  private let start: UnsafeMutableRawPointer

  /// The number of bytes.
  public let byteCount: Int

  /// Allocates zeroed memory. The corresponding C function is `vzalloc_node`.
  ///
  /// Throws: `invalidArgument` for less than one byte; `outOfMemory`.
  /// Context: may sleep.
  public init(byteCount: Int, node: NUMANode = .any) throws(Errno) {
    guard byteCount > 0 else { throw .invalidArgument }
    // SAFETY: any size is a valid argument, and the node exists (NUMANode's invariant).
    guard let start = unsafe apus_vzalloc_node(UInt(bitPattern: byteCount), node.rawValue) else {
      throw .outOfMemory
    }
    // INVARIANT: the memory was just allocated, and no other code knows its address.
    unsafe self.start = start
    self.byteCount = byteCount
  }

  deinit {
    // SAFETY: `start` is an area from vzalloc, and only this call frees it.
    unsafe apus_vfree(start)
  }

  /// The area's address, for synchronous I/O: the caller borrows this value until the I/O is
  /// complete.
  @unsafe
  package var address: UnsafeMutableRawPointer { unsafe start }

  /// Passes the bytes to `body`.
  ///
  /// Context: any.
  @inline(__always)
  public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the type's invariant. The borrow excludes `mutating` methods, so the bytes do not
    // change.
    try body(unsafe RawSpan(_unsafeStart: start, byteCount: byteCount))
  }

  /// Passes the bytes to `body` to change.
  ///
  /// Context: any.
  @inline(__always)
  public mutating func withMutableBytes<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing MutableBytes) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the type's invariant; self is borrowed exclusively.
    try body(unsafe MutableBytes(start: start, byteCount: byteCount))
  }

  /// Passes the page at an index to `body`, for interfaces that take pages.
  ///
  /// The corresponding C function is `vmalloc_to_page`.
  ///
  /// Throws: `invalidArgument` if the area has no such page; and what `body` throws.
  /// Context: any.
  public mutating func withPage(
    at index: Int, _ body: (borrowing BorrowedPage) throws(Errno) -> Void
  ) throws(Errno) {
    let (offset, overflow) = index.multipliedReportingOverflow(by: pageSize)
    guard index >= 0, !overflow, offset < byteCount else { throw .invalidArgument }
    // SAFETY: the address is within the area.
    guard let page = unsafe vmalloc_to_page(start + offset) else { throw .badAddress }
    // SAFETY: the page stays as long as the area, which this call borrows.
    try body(
      unsafe BorrowedPage(
        page: UnsafeMutableRawPointer(page), offset: 0,
        byteCount: min(pageSize, byteCount &- offset),
        isReadOnly: false))
  }
}
