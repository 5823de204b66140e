// SPDX-License-Identifier: GPL-2.0-only
// A sparse array of owned objects, by index.
// C header: include/linux/xarray.h

internal import CKernel

/// The pointer that an owner is, as an `XArray` keeps it. Only the library makes one: so only its types are owners.
///
/// Invariant: the two lowest bits of `raw` are clear.
@safe @frozen
public struct OwnedPointer {
  @usableFromInline let raw: UnsafeMutableRawPointer

  @unsafe @inline(__always)
  package init(_ raw: UnsafeMutableRawPointer) {
    // INVARIANT: the caller owes it.
    unsafe self.raw = raw
  }
}

/// An owner that is one pointer: what an `XArray` can hold.
///
/// Types of the library conform; a driver's could not make an `OwnedPointer`. `init(owning:)` takes back exactly what
/// `takePointer` gave.
public protocol PointerOwner: ~Copyable {
  /// Gives up ownership without freeing.
  @unsafe
  consuming func takePointer() -> OwnedPointer

  /// Takes back what `takePointer` gave.
  @unsafe
  init(owning pointer: OwnedPointer)
}

extension Pages: PointerOwner {
  @unsafe @inline(__always)
  public consuming func takePointer() -> OwnedPointer {
    // SAFETY: a `struct page` is aligned to 8 bytes at least.
    unsafe OwnedPointer(take())
  }

  @unsafe @inline(__always)
  public init(owning pointer: OwnedPointer) {
    // SAFETY: the caller has it from `takePointer`.
    unsafe self.init(owning: pointer.raw)
  }
}

/// Owned elements by index, most of which are absent.
///
/// Several CPUs may use it at once: its own lock, held with interrupts disabled, is taken for each element's
/// scope, as `xa_lock_irqsave` does. An element ends when it is removed or when the array ends.
///
/// Invariant: each entry is a pointer that `Element.takePointer` gave, owned by this array.
@safe
public struct XArray<Element: PointerOwner & ~Copyable>: ~Copyable, @unchecked Sendable {
  // In memory of its own: the nodes of a `struct xarray` point back to it.
  private let array: HeapBox<xarray>

  /// An empty array. The corresponding C function is `xa_init_flags`.
  ///
  /// Throws: `outOfMemory`.
  /// Context: as the flags say.
  @inline(__always)
  public init(_ flags: AllocationFlags, class lockClass: LockClass = #lockClass) throws(Errno) {
    // SAFETY: all zeroes, until the next call makes it a `struct xarray`.
    unsafe array = try HeapBox(xarray(), flags)
    // SAFETY: the memory is this value's own, and does not move from here on; the class's name is static.
    unsafe apus_xa_init(array.address, lockClass.address)
  }

  deinit {
    _ = removeAll()
    // SAFETY: initialised in `init`; no entry is left.
    unsafe xa_destroy(array.address)
  }

  /// Runs `body` with the element at `index`, under the array's lock, or gives nil if there is none. The body may put
  /// another element in its place. Using the same array inside the body is a deadlock.
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
    // SAFETY: taken just now with these flags.
    defer { unsafe apus_xa_unlock(address, flags) }
    // SAFETY: the lock is held.
    guard let entry = unsafe xa_load(address, index) else { return nil }
    // SAFETY: the type's invariant; under the lock nobody else can make an owner of the same entry meanwhile.
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

  /// Gives the array its element back. The body may have put another one into the variable it was lent, and then the
  /// one that was there has ended: so the entry is what the variable holds now.
  @inline(__always) @unsafe
  private borrowing func putBack(
    _ element: consuming Element, at index: UInt, insteadOf entry: UnsafeMutableRawPointer
  ) {
    // SAFETY: the array is the owner from here on.
    let now = unsafe element.takePointer().raw
    if unsafe now == entry { return }
    // SAFETY: the caller holds the lock, and there is an entry at the index, so no memory is needed.
    unsafe apus_xa_replace_locked(array.address, index, now)
  }

  /// Adds an element where none is, and says whether it did; the element has ended if not.
  /// The corresponding C function is `__xa_insert`, between `xa_lock_irqsave` and `xa_unlock_irqrestore`.
  ///
  /// Throws: `outOfMemory`; the element has ended then.
  /// Context: any; may sleep if the flags may.
  @discardableResult
  public borrowing func insert(
    _ element: consuming Element, at index: UInt, _ flags: AllocationFlags
  ) throws(Errno) -> Bool {
    // SAFETY: the entry is stored, or ended below.
    let entry = unsafe element.takePointer().raw
    // SAFETY: initialised in `init`; the entry is a pointer with clear low bits.
    let result = unsafe apus_xa_insert(array.address, index, entry, flags.rawValue)
    if result == 0 { return true }
    // SAFETY: it was not stored, so it is still ours; ends here.
    _ = unsafe Element(owning: OwnedPointer(entry))
    if result == Errno.busy.kernelResult { return false }
    throw Errno(kernelResult: result)
  }

  /// Takes the element at `index` out, or gives nil if there is none. The corresponding C function is `xa_erase`.
  ///
  /// Context: any.
  public borrowing func remove(at index: UInt) -> Element? {
    // SAFETY: the box lives as long as self, which this call borrows.
    let address = unsafe array.address
    // SAFETY: initialised in `init`.
    let flags = unsafe apus_xa_lock(address)
    let entry = unsafe apus_xa_erase_locked(address, index)
    // SAFETY: taken above with these flags.
    unsafe apus_xa_unlock(address, flags)
    guard let entry = unsafe entry else { return nil }
    // SAFETY: the type's invariant: the entry is no longer in the array, so its owner is this value.
    return unsafe Element(owning: OwnedPointer(entry))
  }

  /// Ends all elements, and gives their number.
  ///
  /// Context: process context; each element is taken out on its own, so others may use the array meanwhile.
  @discardableResult
  public borrowing func removeAll() -> Int { removeAll(first: 0, last: .max) }

  /// Ends the elements at `count` indices from `first` on, and gives the number of those there were.
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
      // SAFETY: initialised in `init`; xa_find takes the RCU lock itself. The entry is only compared to nil.
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
