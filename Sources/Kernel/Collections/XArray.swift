// SPDX-License-Identifier: GPL-2.0-only
// A sparse array of owned objects, indexed by integers.
// C header: include/linux/xarray.h

internal import CKernel

/// The pointer that represents an owner in an `XArray`.
///
/// Only the library makes one, so only the library's types can be owners.
///
/// Invariant: the two lowest bits of `raw` are clear.
@safe @frozen
public struct OwnedPointer {
  @usableFromInline let raw: UnsafeMutableRawPointer

  @unsafe @inline(__always)
  package init(_ raw: UnsafeMutableRawPointer) {
    // INVARIANT: the caller ensures that the two lowest bits are clear.
    unsafe self.raw = raw
  }
}

/// An owner that consists of one pointer, which an `XArray` can hold.
///
/// Only types of the library conform, because a driver cannot make an `OwnedPointer`.
/// `init(owning:)` takes back exactly the pointer that `takePointer` returned.
public protocol PointerOwner: ~Copyable {
  /// Gives up ownership without freeing.
  @unsafe
  consuming func takePointer() -> OwnedPointer

  /// Takes back the pointer that `takePointer` returned.
  @unsafe
  init(owning pointer: OwnedPointer)
}

extension Pages: PointerOwner {
  /// Returns the first `struct page`, without freeing the pages.
  @unsafe @inline(__always)
  public consuming func takePointer() -> OwnedPointer {
    // SAFETY: a `struct page` is aligned to at least 8 bytes.
    unsafe OwnedPointer(take())
  }

  /// Takes back the pages whose first `struct page` `takePointer` returned.
  @unsafe @inline(__always)
  public init(owning pointer: OwnedPointer) {
    // SAFETY: the caller has the pointer from `takePointer`.
    unsafe self.init(owning: pointer.raw)
  }
}

/// Owned elements by index, most of which are absent.
///
/// Several CPUs may use it concurrently. Each access takes the array's own lock, with interrupts
/// disabled, as `xa_lock_irqsave` does. An element ends when it is removed or when the array ends.
///
/// Invariant: each entry is a pointer that `Element.takePointer` returned, owned by this array.
///
/// ```swift
/// /// The contents of a RAM disk: a page for each block that was ever written.
/// struct SparsePages: ~Copyable, Sendable {
///   let pages: XArray<Page>
///
///   init() throws(Errno) { pages = try XArray(.kernel) }
///
///   /// Executes one piece of a read. A block without a page reads as zeroes.
///   func read(_ segment: borrowing Segment, _ piece: PagePiece) throws(Errno) {
///     let found: Void? = try pages.withElement(at: piece.page) { page throws(Errno) in
///       try page.withBytes { bytes throws(Errno) in
///         try segment.write(
///           at: piece.segmentOffset, length: piece.length, from: bytes, at: piece.pageOffset)
///       }
///     }
///     if found == nil { try segment.zero(at: piece.segmentOffset, length: piece.length) }
///   }
///
///   /// Executes a discard of whole blocks.
///   func discard(from block: UInt, count: UInt) { pages.removeAll(from: block, count: count) }
/// }
/// ```
@safe
public struct XArray<Element: PointerOwner & ~Copyable>: ~Copyable, @unchecked Sendable {
  // In its own allocation: the nodes of a `struct xarray` point back to it.
  private let array: HeapBox<xarray>

  /// An empty array. The corresponding C function is `xa_init_flags`.
  ///
  /// Throws: `outOfMemory`.
  /// Context: as the flags say.
  @inline(__always)
  public init(_ flags: AllocationFlags, class lockClass: LockClass = #lockClass) throws(Errno) {
    // SAFETY: all zeroes is valid until the next call initialises the `struct xarray`.
    unsafe array = try HeapBox(xarray(), flags)
    // SAFETY: this value owns the memory, which does not move from here on; the class's name is
    // static.
    unsafe apus_xa_init(array.address, lockClass.address)
  }

  deinit {
    _ = removeAll()
    // SAFETY: initialised in `init`; no entry is left.
    unsafe xa_destroy(array.address)
  }

  /// Runs `body` with the element at `index`, under the array's lock, or returns nil if there is
  /// none.
  ///
  /// The body may replace the element. Using the same array inside the body is a deadlock.
  ///
  /// Context: any; the body runs in atomic context with interrupts disabled.
  @inline(__always)
  public borrowing func withElement<Result, Failure: Error>(
    at index: UInt, _ body: (inout Element) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: the box lives as long as self, which this call borrows.
    let address = unsafe array.address
    // SAFETY: initialised in `init`.
    let flags = unsafe apus_xa_lock(address)
    // SAFETY: the lock was taken above, with these flags.
    defer { unsafe apus_xa_unlock(address, flags) }
    // SAFETY: the lock is held.
    guard let entry = unsafe xa_load(address, index) else { return nil }
    // SAFETY: the type's invariant. The lock is held, so no other code can make an owner of the
    // same entry.
    var element = unsafe Element(owning: OwnedPointer(entry))
    do throws(Failure) {
      let result = try body(&element)
      // SAFETY: the element came from this entry, and the lock is held.
      unsafe putBack(element, at: index, insteadOf: entry)
      return result
    } catch {
      // SAFETY: as above.
      unsafe putBack(element, at: index, insteadOf: entry)
      throw error
    }
  }

  /// Returns the element to the array.
  ///
  /// If the body has replaced the element, the old one has ended, so the entry becomes the new one.
  @inline(__always) @unsafe
  private borrowing func putBack(
    _ element: consuming Element, at index: UInt, insteadOf entry: UnsafeMutableRawPointer
  ) {
    // SAFETY: the array owns the element from here on.
    let now = unsafe element.takePointer().raw
    if unsafe now == entry { return }
    // SAFETY: the caller holds the lock, and there is an entry at the index, so the call needs no
    // memory.
    unsafe apus_xa_replace_locked(array.address, index, now)
  }

  /// Inserts an element if the index is empty, and returns whether it did.
  ///
  /// If not, the element has ended.
  ///
  /// The corresponding C function is `__xa_insert`, between `xa_lock_irqsave` and
  /// `xa_unlock_irqrestore`.
  ///
  /// Throws: `outOfMemory`; the element has ended then.
  /// Context: any; may sleep if the flags may.
  @discardableResult
  public borrowing func insert(
    _ element: consuming Element, at index: UInt, _ flags: AllocationFlags
  ) throws(Errno) -> Bool {
    // SAFETY: the entry is either stored or ended below.
    let entry = unsafe element.takePointer().raw
    // SAFETY: initialised in `init`; the entry is a pointer with clear low bits.
    let result = unsafe apus_xa_insert(array.address, index, entry, flags.rawValue)
    if result == 0 { return true }
    // SAFETY: the entry was not stored, so this call still owns it and ends it here.
    _ = unsafe Element(owning: OwnedPointer(entry))
    if result == Errno.busy.kernelResult { return false }
    throw Errno(kernelResult: result)
  }

  /// Removes the element at `index` and returns it, or nil if there is none.
  ///
  /// The corresponding C function is `xa_erase`.
  ///
  /// Context: any.
  public borrowing func remove(at index: UInt) -> Element? {
    // SAFETY: the box lives as long as self, which this call borrows.
    let address = unsafe array.address
    // SAFETY: initialised in `init`.
    let flags = unsafe apus_xa_lock(address)
    let entry = unsafe apus_xa_erase_locked(address, index)
    // SAFETY: the lock was taken above, with these flags.
    unsafe apus_xa_unlock(address, flags)
    guard let entry = unsafe entry else { return nil }
    // SAFETY: the type's invariant. The entry is no longer in the array, so the result is its
    // owner.
    return unsafe Element(owning: OwnedPointer(entry))
  }

  /// Removes and ends all elements, and returns their number.
  ///
  /// Context: process context. Each element is removed separately, so other tasks may use the array
  /// meanwhile.
  @discardableResult
  public borrowing func removeAll() -> Int { removeAll(first: 0, last: .max) }

  /// Removes and ends the elements at `count` indices from `first` on, and returns the number of
  /// elements removed.
  ///
  /// Context: as `removeAll`.
  @discardableResult
  public borrowing func removeAll(from first: UInt, count: UInt) -> Int {
    guard count > 0 else { return 0 }
    let (last, overflow) = first.addingReportingOverflow(count &- 1)
    return removeAll(first: first, last: overflow ? .max : last)
  }

  private borrowing func removeAll(first: UInt, last: UInt) -> Int {
    var removed = 0
    var index = first
    while true {
      // SAFETY: initialised in `init`; xa_find takes the RCU lock itself. The entry is only
      // compared with nil.
      guard unsafe apus_xa_find(array.address, &index, last) != nil else { return removed }
      if let element = remove(at: index) {
        _ = consume element
        removed &+= 1
      }
      if index == last { return removed }
      index &+= 1
    }
  }
}
