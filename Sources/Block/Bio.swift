// SPDX-License-Identifier: GPL-2.0-only
// Bios that a driver submits to another block device.
// C header: include/linux/blk_types.h (struct bio)

internal import CKernel
public import Kernel

/// A bio that is not in flight: an operation, and the pages that it reads into or writes from. The
/// bio owns its pages.
///
/// `submit` consumes the value. When the bio completes, its handler gets it back once, with its
/// pages, and can submit it again. A bio that is dropped frees its pages.
///
/// Invariant: `raw` is a bio from a set of `Handler`'s, not in flight, that only this value
/// reaches. Each entry of its vector covers the first bytes of one page, which the bio owns.
///
/// ```swift
/// /// Reads a page of a device ahead, into a cache.
/// @BioHandler
/// struct ReadAhead: BioHandler, ~Copyable {
///   let number: UInt
///   let cache: Shared<XArray<Page>>
///
///   /// The handler travels with the bio, which comes back to it with its page.
///   consuming func submit(to device: borrowing BlockDevice, _ bios: borrowing BioSet<Self>)
///     throws(Errno)
///   {
///     let sector = Sector(UInt64(number) &* UInt64(pageSize / Sector.byteCount))
///     var bio = try Bio(from: bios, pageCapacity: 1, .noIO)
///     try bio.append(Page(.noIO))
///     try bio.submit(to: device, at: sector, .read, .readAhead, handler: self)
///   }
///
///   consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {
///     guard status == .ok, let page = bio.popLast() else { return }
///     // Without memory, the page is not cached.
///     do throws(Errno) { try cache.value.insert(page, at: number, .atomic) } catch { return }
///   }
/// }
/// ```
@safe @frozen
public struct Bio<Handler: BioHandler & ~Copyable>: ~Copyable, @unchecked Sendable {
  @unsafe @usableFromInline let raw: UnsafeMutableRawPointer

  /// The largest number of pages of a bio. The corresponding C constant is `BIO_MAX_VECS`.
  public static var maximumPageCount: Int { Int(APUS_BIO_MAX_VECS) }

  /// Allocates a bio without pages. The corresponding C function is `bio_alloc_bioset`.
  ///
  /// - Parameters:
  ///   - set: the set to allocate from.
  ///   - pageCapacity: the number of pages that the bio has room for, `0...maximumPageCount`.
  ///   - flags: the allocation flags. If they allow waiting, the allocation eventually gets a bio
  ///     from the set's reserve. The caller must therefore not wait while it keeps other bios of
  ///     this set from being submitted.
  ///
  /// Throws: `invalidArgument` if `pageCapacity` is out of range; `outOfMemory` if the flags do not
  /// allow waiting.
  /// Context: as the flags say.
  public init(from set: borrowing BioSet<Handler>, pageCapacity: Int, _ flags: AllocationFlags)
    throws(Errno)
  {
    guard pageCapacity >= 0, pageCapacity <= Self.maximumPageCount else { throw .invalidArgument }
    // SAFETY: the set is initialised, and stays until all of its bios are freed.
    guard
      let bio = unsafe apus_bio_alloc(
        set.set.raw.assumingMemoryBound(to: apus_bio_set.self),
        UInt32(truncatingIfNeeded: pageCapacity), 0,
        flags.rawValue)
    else { throw .outOfMemory }
    // INVARIANT: the bio is new and has no pages.
    unsafe raw = UnsafeMutableRawPointer(bio)
  }

  @unsafe
  init(ended raw: UnsafeMutableRawPointer) {
    // INVARIANT: the caller got the bio from the block layer, which has completed it.
    unsafe self.raw = raw
  }

  deinit {
    // SAFETY: this value owns the bio, which is not in flight; each entry of its vector is a page
    // of the bio.
    let bio = unsafe raw.assumingMemoryBound(to: bio.self)
    while let page = unsafe apus_bio_take_last(bio) {
      // SAFETY: the bio owned the page; this value frees it.
      _ = unsafe Page(owning: UnsafeMutableRawPointer(page))
    }
    // SAFETY: the type's invariant; the bio is freed only here.
    unsafe apus_bio_put(bio)
  }

  /// Gives up ownership of the bio, which is about to be submitted.
  @unsafe
  private consuming func take() -> UnsafeMutableRawPointer {
    // SAFETY: the caller owns the bio from here on, as this value did.
    let raw = unsafe raw
    discard self
    return unsafe raw
  }

  private var pointer: UnsafeMutablePointer<bio> {
    // SAFETY: `raw` is a `struct bio`: `apus_bio_alloc` made it, or the block layer has completed
    // it.
    unsafe raw.assumingMemoryBound(to: bio.self)
  }

  /// The number of pages.
  public var pageCount: Int {
    // SAFETY: only this value reaches the bio, which is not in flight.
    Int(unsafe apus_bio_page_count(pointer))
  }

  /// Adds a page at the end. The corresponding C function is `bio_add_page`.
  ///
  /// - Parameters:
  ///   - page: the page. The bio takes ownership of it.
  ///   - byteCount: the number of bytes from the page's start that are read or written, a multiple
  ///     of 512; nil for the whole page.
  ///
  /// Throws: `noSpaceLeft` if the bio has no room for it; `invalidArgument` for an invalid
  /// `byteCount`. The page has been freed then.
  /// Context: any.
  public mutating func append(_ page: consuming Page, byteCount: Int? = nil) throws(Errno) {
    let length = byteCount ?? pageSize
    guard length > 0, length <= pageSize, length % Sector.byteCount == 0 else {
      throw .invalidArgument
    }
    // SAFETY: only this value reaches the bio, which is not in flight.
    guard unsafe !apus_bio_is_full(pointer) else { throw .noSpaceLeft }
    // SAFETY: the bio owns the page from here on, and has room for it.
    unsafe apus_bio_add_page(pointer, page.take(), UInt32(truncatingIfNeeded: length))
  }

  /// Removes and returns the last page, or returns nil if the bio has no pages.
  ///
  /// Context: any.
  public mutating func popLast() -> Page? {
    // SAFETY: the type's invariant: the caller owns the page from here on.
    guard let page = unsafe apus_bio_take_last(pointer) else { return nil }
    return unsafe Page(owning: UnsafeMutableRawPointer(page))
  }

  /// The sector at which a zone append was written, once it has completed. It has no meaning for
  /// other operations.
  ///
  /// Context: any.
  public var appendedSector: Sector {
    // SAFETY: only this value reaches the bio, which is not in flight.
    Sector(unsafe apus_bio_sector(pointer))
  }

  /// Lends a page to `body`.
  ///
  /// Throws: `invalidArgument` if there is no page at this index; what `body` throws.
  /// Context: any.
  public borrowing func withPage<Result: ~Copyable>(
    at index: Int, _ body: (borrowing Page) throws(Errno) -> Result
  ) throws(Errno) -> Result {
    guard index >= 0, index < pageCount else { throw .invalidArgument }
    // SAFETY: the type's invariant. The page is lent, and given back below on every path: the bio
    // still owns it.
    let lent = unsafe LentPage(
      UnsafeMutableRawPointer(apus_bio_page(pointer, UInt32(truncatingIfNeeded: index))))
    return try lent.with(body)
  }

  /// Submits the bio. When it completes, the handler's `ended` gets it back, once; this may happen
  /// before `submit` returns. The corresponding C function is `submit_bio_noacct`.
  ///
  /// - Parameters:
  ///   - device: the device to submit to. It stays open until the bio has completed.
  ///   - sector: the first sector of the I/O on the device, a multiple of its logical block size. A
  ///     bio that reaches beyond the device's end completes with an I/O error. A zone is named by
  ///     its first sector, and all zones by 0. A flush ignores the sector.
  ///   - operation: the operation. Reads, writes and zone appends use the pages.
  ///   - flags: the flags of the operation. The library removes `polled`, and flags that only the
  ///     block layer sets, which a request's flags may contain.
  ///   - extent: the number of sectors of a discard, a secure erase or a write of zeroes, a
  ///     multiple of the device's logical block size. Other operations ignore it.
  ///   - handler: the value that gets the bio back.
  ///
  /// Throws, with nothing sent: `invalidArgument` for an operation that needs pages and has none,
  /// or has pages that it does not use; for a sector, an extent or the bytes of a page that are not
  /// in logical blocks of the device; for a length of zero; for a zone that the device does not
  /// have; for an append that the device cannot take without a split; for a secure erase that is
  /// larger than the device's limit; for flags that do not fit the operation: `preflush` and
  /// `forcedUnitAccess` are for writes and appends, `readAhead` is for reads, `noWait` is not for
  /// flushes and zone management. `readOnly` for an operation that changes a device that was opened
  /// for reading. `tryAgain` where the caller must not sleep, for example in a bio's handler: a bio
  /// that fails immediately and is submitted again there would fail again without end. The bio and
  /// the handler have been destroyed then.
  /// Context: may sleep. A task that submits from a driver's `queue` may already be within another
  /// submission. The block layer then issues this bio after that submission.
  public consuming func submit(
    to device: borrowing BlockDevice, at sector: Sector, _ operation: Operation,
    _ flags: OperationFlags = .none,
    extent: Sector = Sector(0), handler: consuming Handler
  ) throws(Errno) {
    // SAFETY: the caller borrows the device, whose in-flight count includes the bio from that call
    // on and keeps the device open.
    try unsafe submit(
      toRaw: device.raw, at: sector, operation, flags, extent: extent, handler: handler)
  }

  /// The same for a `struct apus_device`, which closes only when all its in-flight references were
  /// put.
  @unsafe
  package consuming func submit(
    toRaw device: UnsafeMutableRawPointer, at sector: Sector, _ operation: Operation,
    _ flags: OperationFlags,
    extent: Sector, handler: consuming Handler
  ) throws(Errno) {
    // SAFETY: the call only reads the state of the current task.
    guard unsafe apus_may_sleep() else { throw .tryAgain }
    guard extent.count <= UInt64(UInt32.max >> 9), sector <= Sector.maximum else {
      throw .invalidArgument
    }
    // SAFETY: from the call below on the caller's device stays open, as its in-flight count
    // includes the bio.
    let target = unsafe device.assumingMemoryBound(to: apus_device.self)
    // SAFETY: the type's invariant; the device is open, as the caller borrows it. If this throws,
    // this value still owns the bio.
    try Errno.check(
      unsafe apus_bio_prepare(
        self.pointer, target, sector.count, operation.rawValue, flags.rawValue,
        UInt32(truncatingIfNeeded: extent.count << Sector.shift)))
    let pointer = unsafe take().assumingMemoryBound(to: bio.self)
    // SAFETY: the set reserves room for the context in front of the bio, and nothing is initialised
    // there now.
    unsafe BioContext<Handler>.place(of: UnsafeMutableRawPointer(pointer))
      .initialize(to: BioContext(handler: handler, device: UnsafeMutableRawPointer(target)))
    // SAFETY: the block layer owns the bio from here on; the macro wrote the callback.
    unsafe apus_bio_submit(
      pointer, target, unsafeBitCast(Handler.bioCallback.function, to: UnsafeMutableRawPointer.self)
    )
  }
}

/// A page that a bio owns, lent for the duration of a call.
///
/// Invariant: `raw` is a page whose owner is borrowed for the lifetime of this value.
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
    // SAFETY: the page is only lent to the body, and released below before `Page` would free it.
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

/// The data in front of a bio in flight.
///
/// Invariant: `device` is a `struct apus_device` that stays until the bio has completed.
@safe
@usableFromInline
struct BioContext<Handler: BioHandler & ~Copyable>: ~Copyable {
  var handler: Handler
  // The `struct apus_device` whose in-flight count includes the bio.
  let device: UnsafeMutableRawPointer

  @inline(__always)
  static var front: Int { bioFront(MemoryLayout<BioContext>.size) }

  @inline(__always) @unsafe
  static func place(of bio: UnsafeMutableRawPointer) -> UnsafeMutablePointer<BioContext> {
    // SAFETY: the caller's bio comes from a set that reserves this many bytes in front of each bio.
    unsafe (bio - front).assumingMemoryBound(to: BioContext.self)
  }
}
