// SPDX-License-Identifier: GPL-2.0-only
// I/O of a target's own on the devices below it.
// C header: include/linux/dm-io.h

internal import CKernel
public import Block
public import Kernel

/// What a target reads and writes its own data with, such as a superblock or a log, and sends one bio to several devices with. It divides
/// I/O of any length into bios that the devices take, and has some in reserve, so that it gets on without memory.
///
/// The calls that wait are in its methods; what does not wait concerns a mapped bio, whose memory is read into or written from: `submit`.
///
/// A task that is within a submission, as in a target's `map`, cannot use it: what it submits there goes only after that, so it would wait
/// for itself. Such I/O is for a work item; `map` keeps the bio in a `BioList`.
///
/// Its end waits until what was submitted has ended, for as long as the devices take. So it ends where it may sleep; its memory is lost
/// otherwise, with a line in the log, and the module stays.
///
/// Invariant: `core` has a client until `deinit`; what is under way is a user of its gate.
@safe
public struct IOClient: ~Copyable, @unchecked Sendable {
  private let core: UnsafeMutablePointer<apus_io_client>

  /// The corresponding C function is `dm_io_client_create`.
  ///
  /// Throws: `outOfMemory`.
  /// Context: may sleep.
  public init() throws(Errno) {
    // SAFETY: all zeroes, until the next call makes it what it is.
    let box = try unsafe HeapBox(apus_io_client(), .kernel)
    // SAFETY: the memory is ours and does not move.
    try Errno.check(unsafe apus_io_client_init(box.address))
    // INVARIANT: initialised just now.
    unsafe core = box.take()
    // SAFETY: taken back in `deinit`.
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: it reads this task's state.
    guard unsafe apus_may_sleep() else {
      log(
        .error,
        "a client of dm-io ends where that cannot wait for its I/O, in the end of a bio or under a lock; its memory is lost"
      )
      return
    }
    // SAFETY: the type's invariant; nobody submits any more, since that borrows this value.
    unsafe apus_gate_close(&core.pointee.gate)
    // SAFETY: nothing of its is under way; the memory was a box's.
    unsafe apus_io_client_exit(core)
    _ = unsafe HeapBox(owning: core)
    // SAFETY: as `init` said.
    unsafe apus_unregistered()
  }

  /// Reads from a device into pages, from their start on, and waits for it. The corresponding C function is `dm_io`.
  ///
  /// - Parameters:
  ///   - pages: the memory. What it has is undefined if this throws `ioError`.
  ///   - byteCount: how much, in whole blocks of the device; all of the pages for nil.
  ///   - device: where from,
  ///   - sector: and where it begins there.
  ///   - flags: how. (As those of a `Bio`.)
  ///
  /// Throws: `ioError`; `invalidArgument` for a length or a sector that is not in blocks, or more than there is memory for, and for flags
  /// that do not fit a read; `noSuchDevice` when the device's target has ended; `tryAgain` where this cannot wait, as in `map`.
  /// Context: may sleep; not within a submission.
  public borrowing func read<let order: Int>(
    _ pages: inout Pages<order>, byteCount: Int? = nil, from device: borrowing UnderlyingDevice, at sector: Sector,
    _ flags: OperationFlags = .none
  ) throws(Errno) {
    let length = try sectors(of: byteCount ?? Pages<order>.byteCount, in: Pages<order>.byteCount)
    // SAFETY: the pages are exclusive, and stay for the call, which waits.
    let memory = try unsafe linear(pages)
    try unsafe read(device, at: sector, length, flags, APUS_IO_LINEAR, memory)
  }

  /// Reads from a device into memory that need not be contiguous. As `read(_:byteCount:from:at:_:)` of pages.
  public borrowing func read(
    _ memory: inout VirtualMemory, byteCount: Int? = nil, from device: borrowing UnderlyingDevice, at sector: Sector,
    _ flags: OperationFlags = .none
  ) throws(Errno) {
    let length = try sectors(of: byteCount ?? memory.byteCount, in: memory.byteCount)
    // SAFETY: the memory is exclusive, and stays for the call, which waits.
    try unsafe read(device, at: sector, length, flags, APUS_IO_VIRTUAL, memory.address)
  }

  /// Writes pages, from their start on, to all places, and waits for it. The corresponding C function is `dm_io`.
  ///
  /// - Parameters:
  ///   - pages: the memory.
  ///   - byteCount: how much, in whole blocks of the devices; all of the pages for nil.
  ///   - regions: where to.
  ///   - flags: how: with `preflush` and `forcedUnitAccess`, say.
  ///
  /// Gives where it failed.
  ///
  /// Throws, with nothing written: `invalidArgument` and `tryAgain`, as reading does; `readOnly` if the table is, so that the devices were
  /// opened to be read.
  /// Context: may sleep; not within a submission.
  public borrowing func write<let order: Int>(
    _ pages: borrowing Pages<order>, byteCount: Int? = nil, to regions: borrowing Regions,
    _ flags: OperationFlags = .none
  ) throws(Errno) -> RegionErrors {
    let length = try sectors(of: byteCount ?? Pages<order>.byteCount, in: Pages<order>.byteCount)
    // SAFETY: nobody changes the pages, as they are borrowed; they stay for the call, which waits.
    let memory = try unsafe linear(pages)
    return try unsafe wait(regions, length, .write, flags, APUS_IO_LINEAR, memory)
  }

  /// Writes memory that need not be contiguous. As `write(_:byteCount:to:_:)` of pages.
  public borrowing func write(
    _ memory: borrowing VirtualMemory, byteCount: Int? = nil, to regions: borrowing Regions,
    _ flags: OperationFlags = .none
  ) throws(Errno) -> RegionErrors {
    let length = try sectors(of: byteCount ?? memory.byteCount, in: memory.byteCount)
    // SAFETY: nobody changes the memory, as it is borrowed; it stays for the call, which waits.
    return try unsafe wait(regions, length, .write, flags, APUS_IO_VIRTUAL, memory.address)
  }

  /// Makes durable what was written to the places' devices, and waits for it. Gives where it failed.
  ///
  /// Throws: `invalidArgument` for no places; `tryAgain` where this cannot wait.
  /// Context: may sleep; not within a submission.
  public borrowing func flush(_ regions: borrowing Regions) throws(Errno) -> RegionErrors {
    // SAFETY: no memory.
    try unsafe wait(regions, Sector(0), .write, .preflush, APUS_IO_LINEAR, nil)
  }

  /// Discards a length of all places, and waits for it. Gives where it failed, which it does where a device cannot discard.
  ///
  /// Throws: `invalidArgument` for no places, or a length that is not in blocks of the devices; `readOnly` as `write`; `tryAgain` where
  /// this cannot wait.
  /// Context: may sleep; not within a submission.
  public borrowing func discard(_ regions: borrowing Regions, length: Sector) throws(Errno) -> RegionErrors {
    guard length.count > 0 else { throw .invalidArgument }
    // SAFETY: no memory.
    return try unsafe wait(regions, length, .discard, .none, APUS_IO_LINEAR, nil)
  }

  /// Writes zeroes to a length of all places, without data, and waits for it. Gives where it failed, which it does where a device cannot do
  /// that: `CopyClient.zero` writes zeroes then.
  ///
  /// Throws: as `discard(_:length:)`.
  /// Context: may sleep; not within a submission.
  public borrowing func writeZeroes(_ regions: borrowing Regions, length: Sector) throws(Errno) -> RegionErrors {
    guard length.count > 0 else { throw .invalidArgument }
    // SAFETY: no memory.
    return try unsafe wait(regions, length, .writeZeroes, .none, APUS_IO_LINEAR, nil)
  }

  /// Does what a bio asks for at each place: a read of one, or a write, a flush, a discard or zeroes. When all have ended, the target's
  /// `regionsEnded` gets the bio back, once; that may be before this returns.
  ///
  /// Nothing is allocated but from the client's reserve, so this is for the way of I/O.
  ///
  /// Throws: `invalidArgument` for another operation, for a read of several places, for a device that is not one of the bio's target, and for
  /// what is not in blocks of the devices, each piece of the bio's memory included; `readOnly` as `write`; `tryAgain` where this cannot be,
  /// as in `map`. The bio has ended with an I/O error then.
  /// Context: may sleep; not within a submission.
  public borrowing func submit<Driver: RegionsEndOperation & ~Copyable>(
    _ bio: consuming TargetBio<Driver>, to regions: borrowing Regions
  ) throws(Errno) {
    // SAFETY: it reads this task's state.
    guard unsafe apus_may_wait_for_io() else { throw .tryAgain }
    try regions.check(bio.length, isWrite: bio.isWrite && bio.byteCount > 0)
    // SAFETY: the bio is there, as its value is.
    guard unsafe regions.withRaw({ raw in unsafe apus_io_takes(bio.pointer, raw) }) else { throw .invalidArgument }
    let target = unsafe bio.target
    // SAFETY: as above.
    guard unsafe regions.withRaw({ regions in unsafe apus_dm_regions_are_of(regions, target) }) else {
      throw .invalidArgument
    }
    // SAFETY: the bio is the callback's from here on, which gets it once. Its devices, which are its target's, and that stay until it has
    // ended, since device mapper does not end a target with bios. The client stays, since the I/O is a user of its gate.
    let raw = unsafe bio.take()
    let status = unsafe regions.withRaw { regions in
      unsafe apus_io_submit(
        core, regions, raw, BioLayout<Driver>.header(raw), target,
        unsafeBitCast(Driver.regionsCallback.function, to: UnsafeMutableRawPointer.self))
    }
    // SAFETY: (It cannot fail: the number of places and the kind of memory are what it takes.) It was not submitted then.
    if status < 0 {
      unsafe BioLayout<Driver>.end(raw, .ioError)
      throw Errno(kernelResult: status)
    }
  }

  /// The sectors of a number of bytes that memory has.
  private borrowing func sectors(of byteCount: Int, in size: Int) throws(Errno) -> Sector {
    guard byteCount > 0, byteCount <= size, byteCount % Sector.byteCount == 0 else { throw .invalidArgument }
    return Sector(UInt64(truncatingIfNeeded: byteCount) >> Sector.shift)
  }

  /// The address of pages. (They have one: high memory is none of the machine's that this runs on, and is checked.)
  @unsafe
  private borrowing func linear<let order: Int>(
    _ pages: borrowing Pages<order>
  ) throws(Errno) -> UnsafeMutableRawPointer {
    // SAFETY: the caller uses it while it borrows the pages.
    guard let address = unsafe pages.linearAddress else { throw .invalidArgument }
    return unsafe address
  }

  /// The memory, if there is any, has that many sectors and stays for the call.
  @unsafe
  private borrowing func wait(
    _ regions: borrowing Regions, _ length: Sector, _ operation: Operation, _ flags: OperationFlags,
    _ type: apus_io_memory, _ memory: UnsafeMutableRawPointer?
  ) throws(Errno) -> RegionErrors {
    // SAFETY: it reads this task's state.
    guard unsafe apus_may_wait_for_io() else { throw .tryAgain }
    try regions.check(length, isWrite: operation != .read && length.count > 0)
    var errors: UInt = 0
    // SAFETY: the type's invariant, and the caller's contract.
    let status = unsafe regions.withRaw { regions in
      unsafe apus_io_wait(core, regions, length.count, operation.rawValue | flags.rawValue, type, memory, &errors)
    }
    try Errno.check(status)
    return RegionErrors(rawValue: errors, of: regions.count)
  }

  /// As `wait`, of one place.
  @unsafe
  private borrowing func read(
    _ device: borrowing UnderlyingDevice, at sector: Sector, _ length: Sector, _ flags: OperationFlags,
    _ type: apus_io_memory, _ memory: UnsafeMutableRawPointer
  ) throws(Errno) {
    var regions = Regions()
    try regions.append(device, at: sector)
    // SAFETY: the caller's contract.
    let errors = try unsafe wait(regions, length, .read, flags, type, memory)
    if !errors.isEmpty { throw .ioError }
  }
}
