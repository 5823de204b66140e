// SPDX-License-Identifier: GPL-2.0-only
// I/O that a target itself submits to the devices below it, with dm-io.
// C header: include/linux/dm-io.h

internal import CKernel
public import Block
public import Kernel

/// A client of dm-io. A target uses it to read and write its own data, such as a superblock or a
/// log, and to send one bio to several devices. dm-io splits I/O of any length into bios that the
/// devices take, and has a reserve of bios, so that it makes progress when the kernel is out of
/// memory.
///
/// All methods but `submit` wait for their I/O. `submit` does not wait; it reads into or writes
/// from the memory of a mapped bio.
///
/// A task that is within a submission, as in a target's `map`, cannot use a client: the block layer
/// issues what the task submits there only after that submission, so the task would wait for
/// itself. Such I/O is for a work item; `map` keeps the bio in a `BioList`.
///
/// Destroying the client waits until its I/O has completed, for as long as the devices take. It
/// must therefore be destroyed where the caller may sleep. Elsewhere its memory leaks, the library
/// logs an error, and the module stays loaded.
///
/// Invariant: `client` has a client until `deinit`; its in-flight count includes the I/O in flight.
@safe
public struct IOClient: ~Copyable, @unchecked Sendable {
  private let client: UnsafeMutablePointer<apus_io_client>

  /// Creates a client. The corresponding C function is `dm_io_client_create`.
  ///
  /// Throws: `outOfMemory`.
  /// Context: may sleep.
  public init() throws(Errno) {
    // SAFETY: all zeroes; the next call initialises it.
    let box = try unsafe HeapBox(apus_io_client(), .kernel)
    // SAFETY: this call owns the memory, which does not move.
    try Errno.check(unsafe apus_io_client_init(box.address))
    // INVARIANT: the call above has initialised it.
    unsafe client = box.take()
    // SAFETY: `deinit` takes the registration back.
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: the call only reads the state of the current task.
    guard unsafe apus_may_sleep() else {
      log(
        .error,
        "a client of dm-io ends where that cannot wait for its I/O, in the end of a bio or under a lock; its memory is lost"
      )
      return
    }
    // SAFETY: the type's invariant; submitting borrows this value, so there are no more
    // submissions.
    unsafe apus_inflight_drain(&client.pointee.inflight)
    // SAFETY: no I/O of the client is in flight; the memory came from a box.
    unsafe apus_io_client_exit(client)
    _ = unsafe HeapBox(owning: client)
    // SAFETY: `init` made the registration.
    unsafe apus_unregistered()
  }

  /// Reads from a device into pages, from their start on, and waits for the I/O. The corresponding
  /// C function is `dm_io`.
  ///
  /// - Parameters:
  ///   - pages: the memory to read into. Its contents are undefined if this throws `ioError`.
  ///   - byteCount: the number of bytes, in whole blocks of the device; nil for all of the pages.
  ///   - device: the device to read from.
  ///   - sector: the first sector to read.
  ///   - flags: the flags of the read, as those of a `Bio`.
  ///
  /// Throws: `ioError`; `invalidArgument` for a length or a sector that is not in whole blocks, for
  /// a length larger than the memory, and for flags that do not fit a read; `noSuchDevice` if the
  /// target of the device has ended; `tryAgain` where the caller cannot wait, as in `map`.
  /// Context: may sleep; not within a submission.
  public borrowing func read<let order: Int>(
    _ pages: inout Pages<order>, byteCount: Int? = nil, from device: borrowing UnderlyingDevice,
    at sector: Sector,
    _ flags: OperationFlags = .none
  ) throws(Errno) {
    let length = try sectors(of: byteCount ?? Pages<order>.byteCount, in: Pages<order>.byteCount)
    // SAFETY: this call has exclusive access to the pages, which stay for the call. The call waits.
    let memory = try unsafe linear(pages)
    try unsafe read(device, at: sector, length, flags, APUS_IO_LINEAR, memory)
  }

  /// Reads from a device into memory that need not be physically contiguous. As
  /// `read(_:byteCount:from:at:_:)` of pages.
  public borrowing func read(
    _ memory: inout VirtualMemory, byteCount: Int? = nil, from device: borrowing UnderlyingDevice,
    at sector: Sector,
    _ flags: OperationFlags = .none
  ) throws(Errno) {
    let length = try sectors(of: byteCount ?? memory.byteCount, in: memory.byteCount)
    // SAFETY: this call has exclusive access to the memory, which stays for the call. The call
    // waits.
    try unsafe read(device, at: sector, length, flags, APUS_IO_VIRTUAL, memory.address)
  }

  /// Writes pages, from their start on, to all places, and waits for the I/O. The corresponding C
  /// function is `dm_io`.
  ///
  /// - Parameters:
  ///   - pages: the memory to write from.
  ///   - byteCount: the number of bytes, in whole blocks of the devices; nil for all of the pages.
  ///   - regions: the places to write to.
  ///   - flags: the flags of the write, such as `preflush` and `forcedUnitAccess`.
  /// - Returns: the places at which the write failed.
  ///
  /// Throws, with nothing written: `invalidArgument` and `tryAgain`, as reading does; `readOnly` if
  /// the table is read-only, so that the devices were opened for reading.
  /// Context: may sleep; not within a submission.
  public borrowing func write<let order: Int>(
    _ pages: borrowing Pages<order>, byteCount: Int? = nil, to regions: borrowing Regions,
    _ flags: OperationFlags = .none
  ) throws(Errno) -> RegionErrors {
    let length = try sectors(of: byteCount ?? Pages<order>.byteCount, in: Pages<order>.byteCount)
    // SAFETY: the pages are borrowed, so they do not change, and they stay for the call. The call
    // waits.
    let memory = try unsafe linear(pages)
    return try unsafe wait(regions, length, .write, flags, APUS_IO_LINEAR, memory)
  }

  /// Writes memory that need not be physically contiguous. As `write(_:byteCount:to:_:)` of pages.
  public borrowing func write(
    _ memory: borrowing VirtualMemory, byteCount: Int? = nil, to regions: borrowing Regions,
    _ flags: OperationFlags = .none
  ) throws(Errno) -> RegionErrors {
    let length = try sectors(of: byteCount ?? memory.byteCount, in: memory.byteCount)
    // SAFETY: the memory is borrowed, so it does not change, and it stays for the call. The call
    // waits.
    return try unsafe wait(regions, length, .write, flags, APUS_IO_VIRTUAL, memory.address)
  }

  /// Makes completed writes to the devices of the places durable, and waits for it.
  ///
  /// - Returns: the places at which the flush failed.
  ///
  /// Throws: `invalidArgument` for no places; `tryAgain` where the caller cannot wait.
  /// Context: may sleep; not within a submission.
  public borrowing func flush(_ regions: borrowing Regions) throws(Errno) -> RegionErrors {
    // SAFETY: the operation has no memory.
    try unsafe wait(regions, Sector(0), .write, .preflush, APUS_IO_LINEAR, nil)
  }

  /// Discards `length` sectors at all places, and waits for the I/O.
  ///
  /// - Returns: the places at which the discard failed. It fails on a device that does not support
  ///   discards.
  ///
  /// Throws: `invalidArgument` for no places, or for a length that is not in whole blocks of the
  /// devices; `readOnly` as `write`; `tryAgain` where the caller cannot wait.
  /// Context: may sleep; not within a submission.
  public borrowing func discard(_ regions: borrowing Regions, length: Sector) throws(Errno)
    -> RegionErrors
  {
    guard length.count > 0 else { throw .invalidArgument }
    // SAFETY: the operation has no memory.
    return try unsafe wait(regions, length, .discard, .none, APUS_IO_LINEAR, nil)
  }

  /// Writes zeroes to `length` sectors at all places, without a data transfer, and waits for the
  /// I/O.
  ///
  /// - Returns: the places at which the write failed. It fails on a device that does not support
  ///   the operation. `CopyClient.zero` writes zeroes to such a device.
  ///
  /// Throws: as `discard(_:length:)`.
  /// Context: may sleep; not within a submission.
  public borrowing func writeZeroes(_ regions: borrowing Regions, length: Sector) throws(Errno)
    -> RegionErrors
  {
    guard length.count > 0 else { throw .invalidArgument }
    // SAFETY: the operation has no memory.
    return try unsafe wait(regions, length, .writeZeroes, .none, APUS_IO_LINEAR, nil)
  }

  /// Performs a bio's operation at each place: a read at one place, or a write, a flush, a discard
  /// or a write of zeroes. When all I/O has completed, the target's `regionsEnded` gets the bio
  /// back, once; this may happen before `submit` returns.
  ///
  /// The call allocates only from the client's reserve, so it suits the I/O path.
  ///
  /// Throws: `invalidArgument` for another operation, for a read at several places, for a device
  /// that does not belong to the bio's target, and for a sector, a length or a piece of the bio's
  /// memory that is not in whole blocks of the devices; `readOnly` as `write`; `tryAgain` where the
  /// caller cannot wait, as in `map`. The bio has ended with an I/O error then.
  /// Context: may sleep; not within a submission.
  public borrowing func submit<Driver: RegionsEndOperation & ~Copyable>(
    _ bio: consuming TargetBio<Driver>, to regions: borrowing Regions
  ) throws(Errno) {
    // SAFETY: the call only reads the state of the current task.
    guard unsafe apus_may_wait_for_io() else { throw .tryAgain }
    try regions.check(bio.length, isWrite: bio.isWrite && bio.byteCount > 0)
    // SAFETY: the bio is valid, as its value exists.
    guard unsafe regions.withRaw({ raw in unsafe apus_io_takes(bio.pointer, raw) }) else {
      throw .invalidArgument
    }
    let target = unsafe bio.reference.target
    // SAFETY: as above.
    guard unsafe regions.withRaw({ regions in unsafe apus_dm_regions_are_of(regions, target) })
    else {
      throw .invalidArgument
    }
    // SAFETY: the callback owns the bio from here on, and gets it once. The devices belong to the
    // bio's target. They stay until the bio has ended, since device mapper does not destroy a
    // target that has bios in flight. The client stays, since its in-flight count includes the I/O.
    let raw = unsafe bio.take().pointer
    let status = unsafe regions.withRaw { regions in
      unsafe apus_io_submit(
        client, regions, raw, BioLayout<Driver>.header(raw), target,
        unsafeBitCast(Driver.regionsCallback.function, to: UnsafeMutableRawPointer.self))
    }
    // SAFETY: after a failure dm-io has not submitted the bio. (It does not fail, as it accepts
    // this number of places and this kind of memory.)
    if status < 0 {
      unsafe BioLayout<Driver>.end(raw, .ioError)
      throw Errno(kernelResult: status)
    }
  }

  /// The number of sectors in `byteCount` bytes of memory that has `size` bytes.
  private borrowing func sectors(of byteCount: Int, in size: Int) throws(Errno) -> Sector {
    guard byteCount > 0, byteCount <= size, byteCount % Sector.byteCount == 0 else {
      throw .invalidArgument
    }
    return Sector(UInt64(truncatingIfNeeded: byteCount) >> Sector.shift)
  }

  /// The address of pages. The machines that the library supports have no high memory, so the pages
  /// have an address; the function checks it nevertheless.
  @unsafe
  private borrowing func linear<let order: Int>(
    _ pages: borrowing Pages<order>
  ) throws(Errno) -> UnsafeMutableRawPointer {
    // SAFETY: the caller uses the address while it borrows the pages.
    guard let address = unsafe pages.linearAddress else { throw .invalidArgument }
    return unsafe address
  }

  /// Performs I/O at all places, and waits for it. The memory, if there is any, has `length`
  /// sectors and stays for the call.
  @unsafe
  private borrowing func wait(
    _ regions: borrowing Regions, _ length: Sector, _ operation: Operation, _ flags: OperationFlags,
    _ type: apus_io_memory, _ memory: UnsafeMutableRawPointer?
  ) throws(Errno) -> RegionErrors {
    // SAFETY: the call only reads the state of the current task.
    guard unsafe apus_may_wait_for_io() else { throw .tryAgain }
    try regions.check(length, isWrite: operation != .read && length.count > 0)
    var errors: UInt = 0
    // SAFETY: the type's invariant, and the caller's contract.
    let status = unsafe regions.withRaw { regions in
      unsafe apus_io_wait(
        client, regions, length.count, operation.rawValue | flags.rawValue, type, memory, &errors)
    }
    try Errno.check(status)
    return RegionErrors(rawValue: errors, of: regions.count)
  }

  /// Reads from one place, and waits for it, as `wait` does.
  @unsafe
  private borrowing func read(
    _ device: borrowing UnderlyingDevice, at sector: Sector, _ length: Sector,
    _ flags: OperationFlags,
    _ type: apus_io_memory, _ memory: UnsafeMutableRawPointer
  ) throws(Errno) {
    var regions = Regions()
    try regions.append(device, at: sector)
    // SAFETY: the caller's contract.
    let errors = try unsafe wait(regions, length, .read, flags, type, memory)
    if !errors.isEmpty { throw .ioError }
  }
}
