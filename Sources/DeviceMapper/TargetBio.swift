// SPDX-License-Identifier: GPL-2.0-only
// A bio that a target maps.
// C header: include/linux/blk_types.h (struct bio), include/linux/device-mapper.h

internal import CKernel
public import Block
public import Kernel

/// A bio and its target, without ownership: what `TargetBio`, `RemappedBio` and `MapResult` consist
/// of. A copy may outlive both, so each use of the pointers is `unsafe`.
@safe @frozen @usableFromInline
struct BioOfTarget {
  @unsafe @usableFromInline let raw: UnsafeMutableRawPointer
  @unsafe @usableFromInline let target: UnsafeMutableRawPointer

  @unsafe @inline(__always)
  init(_ raw: UnsafeMutableRawPointer, _ target: UnsafeMutableRawPointer) {
    // INVARIANT: the caller has a bio of the target.
    unsafe self.raw = raw
    unsafe self.target = target
  }

  @unsafe
  var pointer: UnsafeMutablePointer<bio> {
    // SAFETY: `raw` is the `struct bio` that device mapper passed to the target.
    @inline(__always) get { unsafe raw.assumingMemoryBound(to: bio.self) }
  }
}

/// A bio of the mapped device, or a part of one. The value owns the bio. The target can send it to
/// a device below (`remapped(to:at:)`), end it, keep it for later, or return it in the result of
/// `map`. A bio that is dropped, on any path, ends with an I/O error immediately.
///
/// Invariant: `reference` is a bio that device mapper passed to its target, a target of `Driver`'s.
/// The bio has not ended, is not in flight, and only this value owns it. The target stays until the
/// bio has ended.
///
/// ```swift
/// /// `write-guard DEVICE SECTORS`: the first sectors, with the partition table, do not change.
/// @DeviceMapperTarget("write-guard", version: (1, 0, 0))
/// struct WriteGuard: Target, ~Copyable {
///   let device: UnderlyingDevice
///   let guarded: Sector
///
///   init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
///     let guarded = try arguments.sector(at: 1, "Invalid sector count")
///     device = try target.open(arguments, at: 0, "Device lookup failed")
///     self.guarded = guarded
///     target.setFlushBios(1)
///   }
///
///   func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext)
///     -> MapResult<Self>
///   {
///     let sector = bio.targetSector
///     // A flush has no data.
///     if bio.isWrite, bio.hasData, sector < guarded { return .kill(bio) }
///     return .remapped(bio.remapped(to: device, at: sector))
///   }
/// }
/// ```
@safe @frozen
public struct TargetBio<Driver: Target & ~Copyable>: ~Copyable, @unchecked Sendable {
  @usableFromInline let reference: BioOfTarget

  @unsafe @inline(__always)
  init(_ raw: UnsafeMutableRawPointer, _ target: UnsafeMutableRawPointer) {
    // INVARIANT: the caller gives up its own value of the bio.
    unsafe reference = BioOfTarget(raw, target)
  }

  deinit {
    // SAFETY: this value owns the bio, which has not ended; only this call ends it.
    unsafe BioLayout<Driver>.end(pointer, .ioError)
  }

  /// Gives up ownership.
  @inline(__always)
  consuming func take() -> BioOfTarget {
    let reference = reference
    discard self
    return reference
  }

  @unsafe
  var pointer: UnsafeMutablePointer<bio> {
    // SAFETY: the type's invariant.
    @inline(__always) get { unsafe reference.pointer }
  }

  /// The operation of the bio.
  public var operation: Operation {
    // SAFETY: this value owns the bio, which has not ended and is not in flight.
    @inline(__always) get { unsafe BioLayout<Driver>.operation(pointer) }
  }

  /// The flags of the bio.
  public var flags: OperationFlags {
    // SAFETY: this value owns the bio, which has not ended and is not in flight.
    @inline(__always) get { unsafe BioLayout<Driver>.flags(pointer) }
  }

  /// Whether all of these bits are set in the operation and flags of the bio, as this kernel
  /// numbers them: for a mask that a user gave. The corresponding C field is `bi_opf`.
  public borrowing func hasAll(bits: UInt32) -> Bool {
    // SAFETY: this value owns the bio, which has not ended and is not in flight.
    unsafe apus_dm_bio_has_all(pointer, bits)
  }

  /// Whether the kernel counts the operation as a write, as it does every operation of a bio but a
  /// read. The corresponding C function is `bio_data_dir`.
  public var isWrite: Bool {
    // SAFETY: this value owns the bio, which has not ended and is not in flight.
    unsafe apus_dm_bio_is_write(pointer)
  }

  /// Whether the bio has memory: it is a read or a write that is not empty.
  public var hasData: Bool {
    // SAFETY: this value owns the bio, which has not ended and is not in flight.
    unsafe apus_dm_bio_has_data(pointer)
  }

  /// Whether the bio changes the state of zones: reset, open, close, finish.
  public var isZoneManagement: Bool {
    // SAFETY: this value owns the bio, which has not ended and is not in flight.
    unsafe apus_dm_bio_is_zone_management(pointer)
  }

  /// The first sector of the bio on the mapped device.
  public var sector: Sector {
    // SAFETY: this value owns the bio, which has not ended and is not in flight.
    @inline(__always) get { Sector(unsafe apus_dm_bio_sector(pointer)) }
  }

  /// The first sector of the bio, counted from the start of the target. The corresponding C macro
  /// is `dm_target_offset`.
  public var targetSector: Sector {
    @inline(__always) get {
      // SAFETY: the target stays until the bio has ended, and this value owns the bio.
      let begin = unsafe apus_dm_begin(
        reference.target.assumingMemoryBound(to: dm_target.self))
      // (The sector is not below `begin`, as device mapper splits bios where targets begin.)
      return Sector(sector.count &- begin)
    }
  }

  /// The number of bytes.
  public var byteCount: Int {
    // SAFETY: this value owns the bio, which has not ended and is not in flight.
    @inline(__always) get { Int(unsafe apus_dm_bio_bytes(pointer)) }
  }

  /// The number of sectors that the bio concerns.
  public var length: Sector {
    // SAFETY: this value owns the bio, which has not ended and is not in flight.
    @inline(__always) get { Sector(UInt64(unsafe apus_dm_bio_bytes(pointer)) >> Sector.shift) }
  }

  /// The number of this bio among those that device mapper made of a flush, a discard, a secure
  /// erase or a write of zeroes for the target (`NewTarget.setFlushBios`). The corresponding C
  /// function is `dm_bio_get_target_bio_nr`.
  public var number: Int {
    // SAFETY: the bio is device mapper's, inside a `struct dm_target_io`, which has the number.
    Int(unsafe apus_dm_bio_number(pointer))
  }

  /// The target's data of this bio.
  public var data: Driver.BioData {
    // SAFETY: the type's invariant: the data was initialised before the bio was mapped, and stays
    // until the bio has ended.
    @inline(__always) _read { yield unsafe BioLayout<Driver>.data(pointer).pointee }
    // SAFETY: as above; the access to this value is exclusive.
    @inline(__always) _modify { yield unsafe &BioLayout<Driver>.data(pointer).pointee }
  }

  /// Passes each piece of the bio's memory to `body`, in the order of the sectors. The
  /// corresponding C macro is `bio_for_each_segment`.
  ///
  /// The target must not change the memory of a write: file systems and applications own it. For
  /// such memory, `write`, `fill` and `zero` of a segment throw `readOnly`.
  ///
  /// Throws: what `body` throws, immediately.
  @inline(__always)
  public borrowing func forEachSegment<Failure: Error>(
    _ body: (borrowing Segment) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: the type's invariant: the memory stays until the bio ends, which the borrow rules
    // out.
    try unsafe BioLayout<Driver>.forEach(
      apus_dm_bio_segments(pointer), isReadOnly: apus_dm_bio_is_write(pointer), body)
  }

  /// Writes zeroes to all of the bio's memory. The corresponding C function is `zero_fill_bio`.
  ///
  /// Throws: `invalidArgument` if the bio is not a read.
  /// Context: any.
  public borrowing func zero() throws(Errno) {
    guard operation == .read else { throw .invalidArgument }
    // SAFETY: this value owns the bio, a read by the check above, so its memory may be written.
    unsafe apus_dm_bio_zero(pointer)
  }

  /// Ends the bio. The corresponding C function is `bio_endio`.
  ///
  /// Context: any. If the target implements `ended`, that method runs before this returns.
  @inline(__always)
  public consuming func end(_ status: BlockStatus) {
    // SAFETY: the type's invariant; `take` ends this value without its `deinit`.
    unsafe BioLayout<Driver>.end(take().pointer, status)
  }

  /// Redirects the bio to a device below. The result can be submitted, or returned from `map`.
  ///
  /// - Parameters:
  ///   - device: a device of this target.
  ///   - sector: the first sector of the bio on the device, a multiple of its logical block size;
  ///     for zone management, the start of a zone. A bio with any other sector, or that reaches
  ///     beyond the end of the device, is not sent to any device, and ends with an I/O error. So
  ///     does a bio for a device of another target, or of a target that has ended.
  ///
  /// Context: any.
  @inline(__always)
  public consuming func remapped(to device: borrowing UnderlyingDevice, at sector: Sector)
    -> RemappedBio<Driver>
  {
    // SAFETY: the device's structure stays while it is borrowed. If the device belongs to the
    // target, it stays open until this bio has ended.
    unsafe apus_dm_bio_remap(pointer, device.raw, reference.target, sector.count)
    return unsafe RemappedBio(take())
  }

  /// Redirects the bio and shortens it, for a part of a discard, a secure erase or a write of
  /// zeroes.
  ///
  /// - Parameter length: the number of sectors that are left, a multiple of the device's logical
  ///   block size. A length larger than the bio's does not lengthen it; a length of zero is an I/O
  ///   error.
  public consuming func remapped(
    to device: borrowing UnderlyingDevice, at sector: Sector, length: Sector
  ) -> RemappedBio<Driver> {
    // SAFETY: the type's invariant. (The code only shortens the bio. A bio without memory could
    // have any length; one with memory may only become shorter.)
    if length < self.length {
      unsafe apus_dm_bio_resize(pointer, UInt32(truncatingIfNeeded: length.count << Sector.shift))
    }
    return remapped(to: device, at: sector)
  }
}

/// A bio that is redirected to a device below its target. A value that is dropped ends the bio with
/// an I/O error immediately.
///
/// Invariant: as that of `TargetBio`. The bio's device belongs to the target, or the bio was
/// refused, and ends with an I/O error wherever it is sent.
@safe @frozen
public struct RemappedBio<Driver: Target & ~Copyable>: ~Copyable, @unchecked Sendable {
  @usableFromInline let reference: BioOfTarget

  @unsafe @inline(__always)
  init(_ reference: BioOfTarget) {
    // INVARIANT: the caller gives up its own value of the bio, and has set the bio's device.
    self.reference = reference
  }

  deinit {
    // SAFETY: this value owns the bio, which has not ended; only this call ends it.
    unsafe BioLayout<Driver>.end(reference.pointer, .ioError)
  }

  /// Gives up ownership.
  @inline(__always)
  consuming func take() -> BioOfTarget {
    let reference = reference
    discard self
    return reference
  }

  /// Submits the bio, if it is not returned from `map`. The corresponding C function is
  /// `dm_submit_bio_remap`.
  ///
  /// Context: any. If the caller may not sleep, as in `ended`, in interrupt context or under a spin
  /// lock, a work item of the library submits the bio soon afterwards.
  public consuming func submit() {
    // SAFETY: the type's invariant; the block layer owns the bio from here on.
    unsafe BioLayout<Driver>.submit(take())
  }
}

/// The decision of `map` about a bio: `.taken`, `.remapped(bio)`, `.requeue(bio)` or `.kill(bio)`.
/// If a result is dropped, its bio ends with an I/O error immediately.
///
/// (This is not an enum, because for an enum of another module the compiler emits a trap in a
/// `switch` for values that cannot occur.)
///
/// Invariant: `reference` is nil, or a bio that only this value owns.
@safe @frozen
public struct MapResult<Driver: Target & ~Copyable>: ~Copyable {
  @usableFromInline let reference: BioOfTarget?
  // The result for device mapper if the bio is the one that it passed to `map`.
  @usableFromInline let answer: CInt

  @unsafe @inline(__always)
  init(_ reference: BioOfTarget?, _ answer: apus_dm_result) {
    // INVARIANT: the caller gives up its own value of the bio.
    self.reference = reference
    self.answer = CInt(truncatingIfNeeded: answer.rawValue)
  }

  deinit {
    // SAFETY: `reference` is nil, or a bio that this value owns; only this call ends it.
    if let reference { unsafe BioLayout<Driver>.end(reference.pointer, .ioError) }
  }

  /// Gives up ownership.
  @inline(__always)
  consuming func take() -> BioOfTarget? {
    let reference = reference
    discard self
    return reference
  }

  /// The target has ended or submitted the bio, or keeps it for later. The corresponding C constant
  /// is `DM_MAPIO_SUBMITTED`.
  @inline(__always)
  public static var taken: MapResult {
    // SAFETY: the result has no bio.
    unsafe MapResult(nil, APUS_DM_MAPIO_SUBMITTED)
  }

  /// Device mapper submits the bio to a device below. `DM_MAPIO_REMAPPED`.
  @inline(__always)
  public static func remapped(_ bio: consuming RemappedBio<Driver>) -> MapResult {
    // SAFETY: the result owns the bio.
    unsafe MapResult(bio.take(), APUS_DM_MAPIO_REMAPPED)
  }

  /// Device mapper requeues the bio, to map it again. This is possible while the device is being
  /// suspended without a flush (`TargetContext.isSuspendingWithoutFlush`), and an I/O error
  /// otherwise. `DM_MAPIO_REQUEUE`.
  @inline(__always)
  public static func requeue(_ bio: consuming TargetBio<Driver>) -> MapResult {
    // SAFETY: the result owns the bio.
    unsafe MapResult(bio.take(), APUS_DM_MAPIO_REQUEUE)
  }

  /// The bio ends with an I/O error, and `ended` is not called. `DM_MAPIO_KILL`.
  @inline(__always)
  public static func kill(_ bio: consuming TargetBio<Driver>) -> MapResult {
    // SAFETY: the result owns the bio.
    unsafe MapResult(bio.take(), APUS_DM_MAPIO_KILL)
  }
}

/// A bio that has ended, lent to the target's `ended`. After `take` it gives no more information.
///
/// Invariant: `raw` is a bio of `target` that has a header and has ended. It stays for the call,
/// unless `isTaken`. The flag stays for the call.
@safe
public struct EndedBio<Driver: Target & ~Copyable>: ~Copyable, ~Escapable {
  private let raw: UnsafeMutablePointer<bio>
  private let target: UnsafeMutableRawPointer
  private let isTaken: UnsafeMutablePointer<Bool>

  @_lifetime(immortal) @unsafe
  init(
    _ raw: UnsafeMutablePointer<bio>, _ target: UnsafeMutableRawPointer,
    _ isTaken: UnsafeMutablePointer<Bool>
  ) {
    // INVARIANT: the adapter keeps them for the call.
    unsafe self.raw = raw
    unsafe self.target = target
    unsafe self.isTaken = isTaken
  }

  private var live: UnsafeMutablePointer<bio>? {
    // SAFETY: the flag stays for the call, and so does the bio unless the flag is set.
    @inline(__always) get { unsafe isTaken.pointee ? nil : raw }
  }

  /// The operation of the bio.
  public var operation: Operation {
    // SAFETY: `live` is not nil, so the bio was not taken, and stays for the call.
    guard let raw = unsafe live else { return .read }
    return unsafe BioLayout<Driver>.operation(raw)
  }

  /// The flags of the bio.
  public var flags: OperationFlags {
    // SAFETY: `live` is not nil, so the bio was not taken, and stays for the call.
    guard let raw = unsafe live else { return .none }
    return unsafe BioLayout<Driver>.flags(raw)
  }

  /// Whether all of these bits are set in the operation and flags of the bio, as this kernel
  /// numbers them: for a mask that a user gave. The corresponding C field is `bi_opf`.
  public borrowing func hasAll(bits: UInt32) -> Bool {
    // SAFETY: `live` is not nil, so the bio was not taken, and stays for the call.
    guard let raw = unsafe live else { return false }
    return unsafe apus_dm_bio_has_all(raw, bits)
  }

  /// Whether the kernel counts the operation as a write, as `TargetBio.isWrite`.
  public var isWrite: Bool {
    // SAFETY: `live` is not nil, so the bio was not taken, and stays for the call.
    guard let raw = unsafe live else { return false }
    return unsafe apus_dm_bio_is_write(raw)
  }

  /// Whether the bio changed the state of zones.
  public var isZoneManagement: Bool {
    // SAFETY: `live` is not nil, so the bio was not taken, and stays for the call.
    guard let raw = unsafe live else { return false }
    return unsafe apus_dm_bio_is_zone_management(raw)
  }

  /// The first sector of the bio on the mapped device.
  public var sector: Sector {
    // SAFETY: `live` is not nil, so the bio was not taken, and stays for the call. It has a header.
    guard let raw = unsafe live else { return Sector(0) }
    return Sector(unsafe BioLayout<Driver>.header(raw).pointee.record.iter.bi_sector)
  }

  /// The number of bytes that the bio had when it was mapped.
  public var byteCount: Int {
    // SAFETY: `live` is not nil, so the bio was not taken, and stays for the call. It has a header.
    guard let raw = unsafe live else { return 0 }
    return Int(unsafe BioLayout<Driver>.header(raw).pointee.record.iter.bi_size)
  }

  /// Whether the bio was sent to this device. False for a bio that was never remapped.
  public borrowing func wentTo(_ device: borrowing UnderlyingDevice) -> Bool {
    // SAFETY: the type's invariant; the device belongs to the target, and so is open for the call.
    guard let raw = unsafe live, unsafe apus_dm_is_of(device.raw, target) else { return false }
    return unsafe apus_dm_bio_is_for(raw, device.raw)
  }

  /// Passes the target's data of this bio to `body`, which may change it; returns nil if the bio
  /// was taken.
  @inline(__always) @discardableResult
  public borrowing func withData<Result: ~Copyable, Failure: Error>(
    _ body: (inout Driver.BioData) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: the type's invariant: no other code accesses the data. During the body the bio cannot
    // be taken, and the data cannot be accessed a second time.
    guard let raw = unsafe live else { return nil }
    unsafe isTaken.pointee = true
    defer { unsafe isTaken.pointee = false }
    return try unsafe body(&BioLayout<Driver>.data(raw).pointee)
  }

  /// Passes each piece of the bio's memory to `body`, as it was when the bio was mapped. The
  /// segments of a write are read-only.
  ///
  /// Throws: what `body` throws, immediately.
  @inline(__always)
  public borrowing func forEachSegment<Failure: Error>(
    _ body: (borrowing Segment) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: the type's invariant. During the body the bio cannot be taken.
    guard let raw = unsafe live else { return }
    unsafe isTaken.pointee = true
    defer { unsafe isTaken.pointee = false }
    let header = unsafe BioLayout<Driver>.header(raw)
    try unsafe BioLayout<Driver>.forEach(
      apus_dm_bio_segments_mapped(raw, header), isReadOnly: apus_dm_bio_was_write(header), body)
  }

  /// Takes the bio back, in the state in which it was mapped, whatever the devices below did to it.
  /// The bio has not ended then, and the result of `ended` is ignored. The target can remap the bio
  /// again, elsewhere or later. When the owner ends or drops it, the bio ends, and `ended` is not
  /// called again.
  ///
  /// Returns nil if the bio was taken before, or if its state cannot be restored: a zone append
  /// that succeeded, or a bio whose integrity data or encryption key was released below (6.1 frees
  /// both whenever a bio ends). The bio has ended then, as `ended` decides.
  ///
  /// Context: any.
  public borrowing func take() -> TargetBio<Driver>? {
    // SAFETY: the type's invariant; the new value owns the bio from here on.
    guard let raw = unsafe live, unsafe apus_dm_bio_take(raw, BioLayout<Driver>.header(raw)) else {
      return nil
    }
    unsafe isTaken.pointee = true
    return unsafe TargetBio(UnsafeMutableRawPointer(raw), target)
  }
}

/// The decision about a bio that has ended.
public enum EndResult: Sendable {
  /// The bio ends with this status. `DM_ENDIO_DONE`.
  case done(BlockStatus)

  /// Device mapper requeues the bio, to map it again, as with `MapResult.requeue`.
  /// `DM_ENDIO_REQUEUE`.
  case requeue
}

/// The memory that device mapper keeps in front of a bio: a header and the target's data, if the
/// target tracks its bios.
enum BioLayout<Driver: Target & ~Copyable> {
  @inline(__always)
  static var dataSize: Int { (MemoryLayout<Driver.BioData>.size &+ 7) & ~7 }

  @inline(__always)
  static var size: Int { Int(APUS_DM_BIO_SIZE) &+ dataSize }

  @inline(__always) @unsafe
  static func header(_ raw: UnsafeMutablePointer<bio>) -> UnsafeMutablePointer<apus_dm_bio> {
    // SAFETY: the caller's bio is of a target that asked for this much memory.
    unsafe apus_dm_bio_data(raw, size)
  }

  @inline(__always) @unsafe
  static func data(_ raw: UnsafeMutablePointer<bio>) -> UnsafeMutablePointer<Driver.BioData> {
    // SAFETY: as above; the data follows the header. (A target that does not track bios has no
    // data: its type has size 0.)
    if !Driver.targetTraits.tracksBios {
      return unsafe UnsafeMutableRawPointer(raw).assumingMemoryBound(to: Driver.BioData.self)
    }
    return unsafe (UnsafeMutableRawPointer(header(raw)) + Int(APUS_DM_BIO_SIZE))
      .assumingMemoryBound(
        to: Driver.BioData.self)
  }

  @inline(__always) @unsafe
  static func end(_ raw: UnsafeMutablePointer<bio>, _ status: BlockStatus) {
    if Driver.targetTraits.tracksBios {
      // SAFETY: the caller owns the bio. A bio that the target took back after it had ended is not
      // passed to `ended` a second time.
      let header = unsafe header(raw)
      if unsafe header.pointee.is_taken != 0 { unsafe header.pointee.is_final = 1 }
    }
    // SAFETY: the caller owns the bio, and gives it up.
    unsafe apus_dm_bio_end(raw, status.rawValue)
  }

  @inline(__always) @unsafe
  static func submit(_ reference: BioOfTarget) {
    // SAFETY: the caller owns the bio, and gives it up. The target stays until the bio has ended,
    // with the instance and the list that `construct` made.
    let raw = unsafe reference.pointer
    if Driver.targetTraits.tracksBios { unsafe header(raw).pointee.is_taken = 0 }
    guard
      let instance = unsafe TargetAdapter<Driver>.instance(
        reference.target.assumingMemoryBound(to: dm_target.self)),
      let late = unsafe instance.pointee.devices.late
    else {
      return unsafe end(raw, .ioError)
    }
    unsafe apus_dm_bio_submit(late, raw)
  }

  @inline(__always) @unsafe
  static func operation(_ raw: UnsafeMutablePointer<bio>) -> Operation {
    // SAFETY: the caller's bio.
    let operation = Operation(rawValue: unsafe apus_dm_bio_operation(raw))
    // (In the block layer a flush is an empty write with `REQ_PREFLUSH`.)
    guard operation == .write, unsafe apus_dm_bio_bytes(raw) == 0,
      unsafe flags(raw).contains(.preflush)
    else {
      return operation
    }
    return .flush
  }

  @inline(__always) @unsafe
  static func flags(_ raw: UnsafeMutablePointer<bio>) -> OperationFlags {
    // SAFETY: the caller's bio.
    OperationFlags(rawValue: unsafe apus_dm_bio_flags(raw))
  }

  @inline(__always) @unsafe
  static func forEach<Failure: Error>(
    _ start: apus_dm_segments, isReadOnly: Bool, _ body: (borrowing Segment) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: the caller's bio keeps its memory for the call. The memory may be changed unless the
    // caller says that it is read-only. The vector is filled in before it is read.
    var segments = unsafe start
    var vector = unsafe bio_vec()
    while unsafe apus_dm_segments_next(&segments, &vector) {
      guard let page = unsafe vector.bv_page else { continue }
      // SAFETY: as above.
      try body(
        unsafe Segment(
          page: UnsafeMutableRawPointer(page), offset: Int(vector.bv_offset),
          byteCount: Int(vector.bv_len),
          isReadOnly: isReadOnly))
    }
  }
}
