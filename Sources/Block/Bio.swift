// SPDX-License-Identifier: GPL-2.0-only
// I/O of the driver's own, on another block device.
// C header: include/linux/blk_types.h (struct bio)

internal import CKernel
public import Kernel

/// I/O that is not on its way: an operation and the pages that it reads into or writes from, which the bio owns.
///
/// `submit` consumes it, and lends it to nobody: its handler gets it back when it has ended, once, with its pages. It can be
/// submitted anew then. One that is dropped frees its pages.
///
/// Invariant: `raw` is a bio from a set of `Handler`'s, not under way, that only this value reaches. Each entry of its
/// vector is one page, which it owns, and the first bytes of it, which count.
@safe @frozen
public struct Bio<Handler: BioHandler & ~Copyable>: ~Copyable, @unchecked Sendable {
  @unsafe @usableFromInline let raw: UnsafeMutableRawPointer

  /// The largest number of pages. The corresponding C constant is `BIO_MAX_VECS`.
  public static var maximumPageCount: Int { Int(APUS_BIO_MAX_VECS) }

  /// Allocates a bio without pages. The corresponding C function is `bio_alloc_bioset`.
  ///
  /// - Parameters:
  ///   - set: where from.
  ///   - pageCapacity: how many pages it has room for, `0...maximumPageCount`.
  ///   - flags: how to find memory. If they let it wait it gets one of the set's reserve sooner or later, so it may not wait
  ///     while it keeps other bios of that set from being submitted.
  ///
  /// Throws: `invalidArgument` for a number that cannot be; `outOfMemory`, if the flags do not let it wait.
  /// Context: as the flags say.
  public init(from set: borrowing BioSet<Handler>, pageCapacity: Int, _ flags: AllocationFlags) throws(Errno) {
    guard pageCapacity >= 0, pageCapacity <= Self.maximumPageCount else { throw .invalidArgument }
    // SAFETY: the set is initialised, and stays until its bios have ended.
    guard
      let bio = unsafe apus_bio_alloc(
        set.set.raw.assumingMemoryBound(to: apus_bio_set.self), UInt32(truncatingIfNeeded: pageCapacity), 0,
        flags.rawValue)
    else { throw .outOfMemory }
    // INVARIANT: fresh, and without pages.
    unsafe raw = UnsafeMutableRawPointer(bio)
  }

  @unsafe
  init(ended raw: UnsafeMutableRawPointer) {
    // INVARIANT: the caller had it from the block layer, which is done with it.
    unsafe self.raw = raw
  }

  deinit {
    // SAFETY: the type's invariant.
    let bio = unsafe raw.assumingMemoryBound(to: bio.self)
    while let page = unsafe apus_bio_take_last(bio) {
      // SAFETY: the bio owned it; the value frees it.
      _ = unsafe Page(owning: UnsafeMutableRawPointer(page))
    }
    // SAFETY: the type's invariant; this is the one end.
    unsafe apus_bio_put(bio)
  }

  /// Gives up ownership: the bio goes on its way.
  @unsafe
  private consuming func take() -> UnsafeMutableRawPointer {
    // SAFETY: the caller stands for the bio from here on, as this value did.
    let raw = unsafe raw
    discard self
    return unsafe raw
  }

  private var pointer: UnsafeMutablePointer<bio> {
    // SAFETY: the type's invariant.
    unsafe raw.assumingMemoryBound(to: bio.self)
  }

  /// How many pages there are.
  public var pageCount: Int {
    // SAFETY: the type's invariant.
    Int(unsafe apus_bio_page_count(pointer))
  }

  /// Adds a page at the end. The corresponding C function is `bio_add_page`.
  ///
  /// - Parameters:
  ///   - page: the memory, which is the bio's from here on.
  ///   - byteCount: how many bytes from its start on are read or written, a multiple of 512; the whole page for nil.
  ///
  /// Throws: `noSpaceLeft` if there is no room; `invalidArgument` for a number that cannot be. The page has been freed then.
  /// Context: any.
  public mutating func append(_ page: consuming Page, byteCount: Int? = nil) throws(Errno) {
    let length = byteCount ?? pageSize
    guard length > 0, length <= pageSize, length % Sector.byteCount == 0 else { throw .invalidArgument }
    // SAFETY: the type's invariant.
    guard unsafe !apus_bio_is_full(pointer) else { throw .noSpaceLeft }
    // SAFETY: the page is the bio's from here on; there is room.
    unsafe apus_bio_add_page(pointer, page.take(), UInt32(truncatingIfNeeded: length))
  }

  /// Takes the last page out, or nil if there is none.
  ///
  /// Context: any.
  public mutating func popLast() -> Page? {
    // SAFETY: the type's invariant: it is the caller's from here on.
    guard let page = unsafe apus_bio_take_last(pointer) else { return nil }
    return unsafe Page(owning: UnsafeMutableRawPointer(page))
  }

  /// Where an append that has ended was written. (Of other operations it says nothing.)
  ///
  /// Context: any.
  public var appendedSector: Sector {
    // SAFETY: the type's invariant.
    Sector(unsafe apus_bio_sector(pointer))
  }

  /// Lends a page to `body`.
  ///
  /// Throws: `invalidArgument` if there is none at this place; what `body` throws.
  /// Context: any.
  public borrowing func withPage<Result: ~Copyable>(
    at index: Int, _ body: (borrowing Page) throws(Errno) -> Result
  ) throws(Errno) -> Result {
    guard index >= 0, index < pageCount else { throw .invalidArgument }
    // SAFETY: the type's invariant. The page is lent, and given back below on every path: the bio still owns it.
    let lent = unsafe LentPage(UnsafeMutableRawPointer(apus_bio_page(pointer, UInt32(truncatingIfNeeded: index))))
    return try lent.with(body)
  }

  /// Sends the bio on its way. When it has ended, the handler's `ended` gets it back, once; that may be before this returns.
  /// The corresponding C function is `submit_bio_noacct`.
  ///
  /// - Parameters:
  ///   - device: where to; it stays until the bio has ended.
  ///   - sector: where the I/O begins there, in blocks of the device. Bytes that lie beyond its end are an I/O error. A zone is named
  ///     by its first sector, and all zones by 0. (Of a flush it says nothing.)
  ///   - operation: what to do. Reading, writing and appending concern the pages.
  ///   - flags: how. Those that only the block layer gives to I/O, which the flags of a request may have, are left away, and so is `polled`.
  ///   - extent: how many sectors a discard, a secure erase or zeroes concern, in blocks of the device. (Not looked at otherwise.)
  ///   - handler: the value that gets it back.
  ///
  /// Throws, with nothing sent: `invalidArgument` for an operation that needs what is not there, or has pages that it does not need; for what is not in
  /// blocks of the device, in which each page's bytes are as well; for no length; for a zone that the device does not have; for an append
  /// that the device does not take undivided; for a secure erase that is larger than what the device takes; for flags that do not fit the
  /// operation: `preflush` and `forcedUnitAccess` are for writes and appends, `readAhead` for reads, `noWait` not for zones.
  /// `readOnly` for what changes a device that was opened to be read; `tryAgain` where it must not sleep, as
  /// in a bio's handler: a bio that fails at once and is submitted anew there would come back for ever. Bio and handler have ended
  /// then.
  /// Context: may sleep. A task that submits from within `queue` of a driver may be inside of another submission, and this bio
  /// goes only after that one.
  public consuming func submit(
    to device: borrowing BlockDevice, at sector: Sector, _ operation: Operation, _ flags: OperationFlags = .none,
    extent: Sector = Sector(0), handler: consuming Handler
  ) throws(Errno) {
    // SAFETY: the device is borrowed, and stays from that call on, as its bios are counted.
    try unsafe submit(toRaw: device.raw, at: sector, operation, flags, extent: extent, handler: handler)
  }

  /// The same, to a `struct apus_device` that closes only when its gate has seen its users leave.
  @unsafe
  package consuming func submit(
    toRaw device: UnsafeMutableRawPointer, at sector: Sector, _ operation: Operation, _ flags: OperationFlags,
    extent: Sector, handler: consuming Handler
  ) throws(Errno) {
    // SAFETY: it reads this task's state.
    guard unsafe apus_may_sleep() else { throw .tryAgain }
    guard extent.count <= UInt64(UInt32.max >> 9), sector <= Sector.maximum else { throw .invalidArgument }
    // SAFETY: the caller's device stays from the call below on, as its bios are counted.
    let target = unsafe device.assumingMemoryBound(to: apus_device.self)
    // SAFETY: the type's invariant; the device is open, as the caller borrows it. What is not sent stays this value's.
    try Errno.check(
      unsafe apus_bio_prepare(
        self.pointer, target, sector.count, operation.rawValue, flags.rawValue,
        UInt32(truncatingIfNeeded: extent.count << Sector.shift)))
    let pointer = unsafe take().assumingMemoryBound(to: bio.self)
    // SAFETY: the room in front of the bio is the core's by the set's making, and nothing is in it now.
    unsafe BioCore<Handler>.place(of: UnsafeMutableRawPointer(pointer))
      .initialize(to: BioCore(handler: handler, device: UnsafeMutableRawPointer(target)))
    // SAFETY: the bio is the block layer's from here on; the callback is the macro's.
    unsafe apus_bio_submit(
      pointer, target, unsafeBitCast(Handler.bioCallback.function, to: UnsafeMutableRawPointer.self))
  }
}

/// A page that a bio owns, for the time of a call.
///
/// Invariant: `raw` is a page whose owner is borrowed for as long as this value is there.
@safe
private struct LentPage: ~Copyable {
  private let raw: UnsafeMutableRawPointer

  init(_ raw: UnsafeMutableRawPointer) {
    // INVARIANT: the caller borrows the owner.
    unsafe self.raw = raw
  }

  borrowing func with<Result: ~Copyable>(
    _ body: (borrowing Page) throws(Errno) -> Result
  ) throws(Errno) -> Result {
    // SAFETY: only lent to the body, and given up below, before it would be freed.
    let page = unsafe Page(owning: raw)
    do throws(Errno) {
      let result = try body(page)
      _ = unsafe page.take()
      return result
    } catch {
      _ = unsafe page.take()
      throw error
    }
  }
}

/// What lies in front of a bio that is under way.
///
/// Invariant: `device` is a `struct apus_device` that stays until the bio has ended.
@safe
@usableFromInline
struct BioCore<Handler: BioHandler & ~Copyable>: ~Copyable {
  var handler: Handler
  // The `struct apus_device`, of whose gate the bio is a user.
  let device: UnsafeMutableRawPointer

  @inline(__always)
  static var front: Int { bioFront(MemoryLayout<BioCore>.size) }

  @inline(__always) @unsafe
  static func place(of bio: UnsafeMutableRawPointer) -> UnsafeMutablePointer<BioCore> {
    // SAFETY: the caller's bio is of a set with that much in front.
    unsafe (bio - front).assumingMemoryBound(to: BioCore.self)
  }
}
