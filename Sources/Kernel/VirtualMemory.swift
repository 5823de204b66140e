// SPDX-License-Identifier: GPL-2.0-only
// Memory of any size, contiguous in the kernel's addresses only.
// C header: include/linux/vmalloc.h

internal import CKernel

/// An owned area of memory whose pages need not lie side by side.
///
/// Invariant: `start` is an area from vmalloc of `byteCount` bytes, rounded up to pages, that only this value frees.
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
    guard let start = unsafe apus_vzalloc_node(UInt(bitPattern: byteCount), node.rawValue) else { throw .outOfMemory }
    // INVARIANT: fresh, and nobody else knows the address.
    unsafe self.start = start
    self.byteCount = byteCount
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe apus_vfree(start)
  }

  /// The area's address, for I/O that the caller waits for while it borrows this value.
  @unsafe
  package var address: UnsafeMutableRawPointer { unsafe start }

  /// Gives the bytes to `body`.
  ///
  /// Context: any.
  @inline(__always)
  public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the type's invariant; nobody writes meanwhile, because the borrow excludes `mutating` methods.
    try body(unsafe RawSpan(_unsafeStart: start, byteCount: byteCount))
  }

  /// Gives the bytes to `body` to change.
  ///
  /// Context: any.
  @inline(__always)
  public mutating func withMutableBytes<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing MutableBytes) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the type's invariant; self is borrowed exclusively.
    try body(unsafe MutableBytes(start: start, byteCount: byteCount))
  }

  /// Gives the page at an index to `body`, for what takes pages. The corresponding C function is `vmalloc_to_page`.
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
        page: UnsafeMutableRawPointer(page), offset: 0, byteCount: min(pageSize, byteCount &- offset),
        isReadOnly: false))
  }
}
