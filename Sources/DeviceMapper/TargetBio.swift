// SPDX-License-Identifier: GPL-2.0-only
// A bio that a target maps.
// C header: include/linux/blk_types.h (struct bio), include/linux/device-mapper.h

internal import CKernel
public import Block
public import Kernel

/// A bio of the mapped device, or a part of one, owned by whoever holds the value. It can be sent on to a device below
/// (`remapped(to:at:)`), ended, kept for later, or given back in the result of `map`. One that is dropped, on whatever path, ends
/// with an I/O error at once.
///
/// Invariant: `raw` is a bio that device mapper gave to a target of `Driver`'s, `target`, which has not ended and is not under
/// way, and which only this value stands for. The target stays until it has ended.
@safe @frozen
public struct TargetBio<Driver: Target & ~Copyable>: ~Copyable, @unchecked Sendable {
  @unsafe @usableFromInline let raw: UnsafeMutableRawPointer
  @unsafe @usableFromInline let target: UnsafeMutableRawPointer

  @unsafe @inline(__always)
  init(_ raw: UnsafeMutableRawPointer, _ target: UnsafeMutableRawPointer) {
    // INVARIANT: the caller gives up its own value of it.
    unsafe self.raw = raw
    unsafe self.target = target
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe BioLayout<Driver>.end(raw.assumingMemoryBound(to: bio.self), .ioError)
  }

  /// Gives up ownership.
  @unsafe @inline(__always)
  consuming func take() -> UnsafeMutablePointer<bio> {
    // SAFETY: the caller stands for the bio from here on.
    let pointer = unsafe pointer
    discard self
    return unsafe pointer
  }

  @unsafe
  var pointer: UnsafeMutablePointer<bio> {
    // SAFETY: the type's invariant.
    @inline(__always) get { unsafe raw.assumingMemoryBound(to: bio.self) }
  }

  /// What is asked for.
  public var operation: Operation {
    // SAFETY: the type's invariant.
    @inline(__always) get { unsafe BioLayout<Driver>.operation(pointer) }
  }

  /// How.
  public var flags: OperationFlags {
    // SAFETY: the type's invariant.
    @inline(__always) get { unsafe BioLayout<Driver>.flags(pointer) }
  }

  /// Whether all of these bits are set in what is asked for and how, as this kernel numbers them:
  /// for a mask that a user gave. The corresponding C field is `bi_opf`.
  public borrowing func hasAll(bits: UInt32) -> Bool {
    // SAFETY: the type's invariant.
    unsafe apus_dm_bio_has_all(pointer, bits)
  }

  /// Whether it changes the device: what is neither a read nor its kind. The corresponding C function is `bio_data_dir`.
  public var isWrite: Bool {
    // SAFETY: the type's invariant.
    unsafe apus_dm_bio_is_write(pointer)
  }

  /// Whether it carries memory: a read or a write that is not empty.
  public var hasData: Bool {
    // SAFETY: the type's invariant.
    unsafe apus_dm_bio_has_data(pointer)
  }

  /// Whether it is about the state of zones: reset, open, close, finish.
  public var isZoneManagement: Bool {
    // SAFETY: the type's invariant.
    unsafe apus_dm_bio_is_zone_management(pointer)
  }

  /// Where it begins on the mapped device.
  public var sector: Sector {
    // SAFETY: the type's invariant.
    @inline(__always) get { Sector(unsafe apus_dm_bio_sector(pointer)) }
  }

  /// Where it begins within the target. The corresponding C macro is `dm_target_offset`.
  public var targetSector: Sector {
    @inline(__always) get {
      // SAFETY: the type's invariant.
      let begin = unsafe apus_dm_begin(target.assumingMemoryBound(to: dm_target.self))
      // (Not below it, as device mapper divides bios where targets begin.)
      return Sector(sector.count &- begin)
    }
  }

  /// The number of bytes.
  public var byteCount: Int {
    // SAFETY: the type's invariant.
    @inline(__always) get { Int(unsafe apus_dm_bio_bytes(pointer)) }
  }

  /// How many sectors it concerns.
  public var length: Sector {
    // SAFETY: the type's invariant.
    @inline(__always) get { Sector(UInt64(unsafe apus_dm_bio_bytes(pointer)) >> Sector.shift) }
  }

  /// Which of the target's bios it is, of those that a flush, a discard and their kind became (`NewTarget.setFlushBios`).
  /// The corresponding C function is `dm_bio_get_target_bio_nr`.
  public var number: Int {
    // SAFETY: the type's invariant.
    Int(unsafe apus_dm_bio_number(pointer))
  }

  /// The target's data of this bio.
  public var data: Driver.BioData {
    // SAFETY: the type's invariant: the data was initialised before the bio was mapped, and is there until it has ended.
    @inline(__always) _read { yield unsafe BioLayout<Driver>.data(pointer).pointee }
    // SAFETY: as above; the value is exclusive.
    @inline(__always) _modify { yield unsafe &BioLayout<Driver>.data(pointer).pointee }
  }

  /// Gives each piece of the bio's memory to `body`, in the order of the sectors. The corresponding C macro is
  /// `bio_for_each_segment`.
  ///
  /// Memory that is written from is not this target's to change: file systems and applications own it. There `write`,
  /// `fill` and `zero` of a segment throw `readOnly`.
  ///
  /// Throws what `body` throws, at once.
  @inline(__always)
  public borrowing func forEachSegment<Failure: Error>(
    _ body: (borrowing Segment) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: the type's invariant: the memory stays until the bio ends, which the borrow rules out.
    try unsafe BioLayout<Driver>.forEach(
      apus_dm_bio_segments(pointer), isReadOnly: apus_dm_bio_is_write(pointer), body)
  }

  /// Writes zeroes to all of its memory. The corresponding C function is `zero_fill_bio`.
  ///
  /// Throws: `invalidArgument` if it is not a read.
  /// Context: any.
  public borrowing func zero() throws(Errno) {
    guard operation == .read else { throw .invalidArgument }
    // SAFETY: the type's invariant.
    unsafe apus_dm_bio_zero(pointer)
  }

  /// Ends the bio. The corresponding C function is `bio_endio`.
  ///
  /// Context: any. A target with `ended` sees the end before this returns.
  @inline(__always)
  public consuming func end(_ status: BlockStatus) {
    // SAFETY: the type's invariant; the value is gone with this line.
    unsafe BioLayout<Driver>.end(take(), status)
  }

  /// The bio as one of a device below: to be submitted, or to be the result of `map`.
  ///
  /// - Parameters:
  ///   - device: a device of this target's.
  ///   - sector: where it begins there, in blocks of the device; of zone management, where a zone begins. What is not so, what lies
  ///     beyond the device's end, and what is for another target's device, or for that of a target that has ended, goes to no device, and
  ///     ends with an I/O error.
  ///
  /// Context: any.
  @inline(__always)
  public consuming func remapped(to device: borrowing UnderlyingDevice, at sector: Sector) -> RemappedBio<Driver> {
    // SAFETY: the device's structure stays while it is borrowed; the device, if it is one of the target's, until this bio has ended.
    unsafe apus_dm_bio_remap(pointer, device.raw, target, sector.count)
    return unsafe RemappedBio(UnsafeMutableRawPointer(take()))
  }

  /// The same with another length, for a part of a discard and its kind.
  ///
  /// - Parameter length: how many sectors are left, in blocks of the device. More than there are do not become more; none are an I/O
  ///   error.
  public consuming func remapped(
    to device: borrowing UnderlyingDevice, at sector: Sector, length: Sector
  ) -> RemappedBio<Driver> {
    // SAFETY: the type's invariant. (A bio without memory may be as long as one likes; one with memory only shorter.)
    if length < self.length {
      unsafe apus_dm_bio_resize(pointer, UInt32(truncatingIfNeeded: length.count << Sector.shift))
    }
    return remapped(to: device, at: sector)
  }
}

/// A bio that is to go to a device below its target. One that is dropped ends with an I/O error immediately.
///
/// Invariant: as `TargetBio`'s; and its device is one of the target's, or it was refused, and ends with an I/O error wherever it is sent.
@safe @frozen
public struct RemappedBio<Driver: Target & ~Copyable>: ~Copyable, @unchecked Sendable {
  @unsafe @usableFromInline let raw: UnsafeMutableRawPointer

  @unsafe @inline(__always)
  init(_ raw: UnsafeMutableRawPointer) {
    // INVARIANT: the caller gives up its own value of it, and has set its device.
    unsafe self.raw = raw
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe BioLayout<Driver>.end(raw.assumingMemoryBound(to: bio.self), .ioError)
  }

  /// Gives up ownership.
  @unsafe @inline(__always)
  consuming func take() -> UnsafeMutablePointer<bio> {
    // SAFETY: the caller stands for the bio from here on.
    let pointer = unsafe raw.assumingMemoryBound(to: bio.self)
    discard self
    return unsafe pointer
  }

  /// Sends the bio on its way, where it is not the result of `map` that does. The corresponding C function is
  /// `dm_submit_bio_remap`.
  ///
  /// Context: any. Where it may not sleep, as in `ended`, in an interrupt or under a spin lock, a work item of the library's submits
  /// the bio, right after.
  public consuming func submit() {
    // SAFETY: the type's invariant; the bio is the block layer's from here on.
    unsafe BioLayout<Driver>.submit(take())
  }
}

/// What `map` makes of a bio: `.taken`, `.remapped(bio)`, `.requeue(bio)` or `.kill(bio)`. A bio in a result that is dropped ends
/// with an I/O error at once.
///
/// (Not an enum: a `switch` over one that comes from elsewhere has a trap for values that cannot be.)
///
/// Invariant: `raw` is null, or a bio that only this value stands for.
@safe @frozen
public struct MapResult<Driver: Target & ~Copyable>: ~Copyable {
  @unsafe @usableFromInline let raw: UnsafeMutableRawPointer?
  // What device mapper is answered if the bio is the one that it asked about.
  @usableFromInline let answer: CInt

  @unsafe @inline(__always)
  init(_ raw: UnsafeMutableRawPointer?, _ answer: apus_dm_result) {
    // INVARIANT: the caller gives up its own value of the bio.
    unsafe self.raw = raw
    self.answer = CInt(truncatingIfNeeded: answer.rawValue)
  }

  deinit {
    // SAFETY: the type's invariant.
    guard let raw = unsafe raw else { return }
    unsafe BioLayout<Driver>.end(raw.assumingMemoryBound(to: bio.self), .ioError)
  }

  /// Gives up ownership.
  @unsafe @inline(__always)
  consuming func take() -> UnsafeMutablePointer<bio>? {
    // SAFETY: the caller stands for the bio from here on.
    let pointer = unsafe raw?.assumingMemoryBound(to: bio.self)
    discard self
    return unsafe pointer
  }

  /// It has been ended, submitted, or kept for later. The corresponding C constant is `DM_MAPIO_SUBMITTED`.
  @inline(__always)
  public static var taken: MapResult {
    // SAFETY: no bio.
    unsafe MapResult(nil, APUS_DM_MAPIO_SUBMITTED)
  }

  /// It goes to a device below. `DM_MAPIO_REMAPPED`.
  @inline(__always)
  public static func remapped(_ bio: consuming RemappedBio<Driver>) -> MapResult {
    // SAFETY: the result stands for the bio.
    unsafe MapResult(UnsafeMutableRawPointer(bio.take()), APUS_DM_MAPIO_REMAPPED)
  }

  /// It is pushed back, to be mapped anew: possible while the device is being suspended without a flush
  /// (`TargetContext.isSuspendingWithoutFlush`), and an I/O error otherwise. `DM_MAPIO_REQUEUE`.
  @inline(__always)
  public static func requeue(_ bio: consuming TargetBio<Driver>) -> MapResult {
    // SAFETY: the result stands for the bio.
    unsafe MapResult(UnsafeMutableRawPointer(bio.take()), APUS_DM_MAPIO_REQUEUE)
  }

  /// It ends with an I/O error, which `ended` does not see. `DM_MAPIO_KILL`.
  @inline(__always)
  public static func kill(_ bio: consuming TargetBio<Driver>) -> MapResult {
    // SAFETY: the result stands for the bio.
    unsafe MapResult(UnsafeMutableRawPointer(bio.take()), APUS_DM_MAPIO_KILL)
  }
}

/// A bio that has ended, lent to the target's `ended`. Once it has been taken, it tells nothing any more.
///
/// Invariant: `raw` is a bio of `target`'s, with a header, which has ended; it stays for the call, unless `isTaken`. The flag stays
/// for the call.
@safe
public struct EndedBio<Driver: Target & ~Copyable>: ~Copyable, ~Escapable {
  private let raw: UnsafeMutablePointer<bio>
  private let target: UnsafeMutableRawPointer
  private let isTaken: UnsafeMutablePointer<Bool>

  @_lifetime(immortal) @unsafe
  init(_ raw: UnsafeMutablePointer<bio>, _ target: UnsafeMutableRawPointer, _ isTaken: UnsafeMutablePointer<Bool>) {
    // INVARIANT: the adapter has them for the call.
    unsafe self.raw = raw
    unsafe self.target = target
    unsafe self.isTaken = isTaken
  }

  private var live: UnsafeMutablePointer<bio>? {
    // SAFETY: the type's invariant.
    @inline(__always) get { unsafe isTaken.pointee ? nil : raw }
  }

  /// What was asked for.
  public var operation: Operation {
    // SAFETY: the type's invariant.
    guard let raw = unsafe live else { return .read }
    return unsafe BioLayout<Driver>.operation(raw)
  }

  /// How.
  public var flags: OperationFlags {
    // SAFETY: the type's invariant.
    guard let raw = unsafe live else { return .none }
    return unsafe BioLayout<Driver>.flags(raw)
  }

  /// Whether all of these bits are set in what was asked for and how, as this kernel numbers them:
  /// for a mask that a user gave. The corresponding C field is `bi_opf`.
  public borrowing func hasAll(bits: UInt32) -> Bool {
    // SAFETY: the type's invariant.
    guard let raw = unsafe live else { return false }
    return unsafe apus_dm_bio_has_all(raw, bits)
  }

  /// Whether it changed the device.
  public var isWrite: Bool {
    // SAFETY: the type's invariant.
    guard let raw = unsafe live else { return false }
    return unsafe apus_dm_bio_is_write(raw)
  }

  /// Whether it was about the state of zones.
  public var isZoneManagement: Bool {
    // SAFETY: the type's invariant.
    guard let raw = unsafe live else { return false }
    return unsafe apus_dm_bio_is_zone_management(raw)
  }

  /// Where it began on the mapped device.
  public var sector: Sector {
    // SAFETY: the type's invariant.
    guard let raw = unsafe live else { return Sector(0) }
    return Sector(unsafe BioLayout<Driver>.header(raw).pointee.record.iter.bi_sector)
  }

  /// The number of bytes that it had when it was mapped.
  public var byteCount: Int {
    // SAFETY: the type's invariant.
    guard let raw = unsafe live else { return 0 }
    return Int(unsafe BioLayout<Driver>.header(raw).pointee.record.iter.bi_size)
  }

  /// Whether it went to a device. (One that was never remapped went to none.)
  public borrowing func wentTo(_ device: borrowing UnderlyingDevice) -> Bool {
    // SAFETY: the type's invariant; the device is the target's, and so open for the call.
    guard let raw = unsafe live, unsafe apus_dm_is_of(device.raw, target) else { return false }
    return unsafe apus_dm_bio_is_for(raw, device.raw)
  }

  /// Gives the target's data of this bio to `body`, to change; nil if the bio was taken.
  @inline(__always) @discardableResult
  public borrowing func withData<Result: ~Copyable, Failure: Error>(
    _ body: (inout Driver.BioData) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: the type's invariant: nobody else has the data. Within the body the bio cannot be taken, nor the data be reached
    // once more.
    guard let raw = unsafe live else { return nil }
    unsafe isTaken.pointee = true
    defer { unsafe isTaken.pointee = false }
    return try unsafe body(&BioLayout<Driver>.data(raw).pointee)
  }

  /// Gives each piece of the bio's memory to `body`: what there was when it was mapped. The segments of a write can only
  /// be read.
  ///
  /// Throws what `body` throws, at once.
  @inline(__always)
  public borrowing func forEachSegment<Failure: Error>(
    _ body: (borrowing Segment) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: the type's invariant. Within the body the bio cannot be taken.
    guard let raw = unsafe live else { return }
    unsafe isTaken.pointee = true
    defer { unsafe isTaken.pointee = false }
    let header = unsafe BioLayout<Driver>.header(raw)
    try unsafe BioLayout<Driver>.forEach(
      apus_dm_bio_segments_mapped(raw, header), isReadOnly: apus_dm_bio_was_write(header), body)
  }

  /// Takes the bio back, as it was when it was mapped, whatever happened to it below: it has not ended then, and whatever `ended` returns
  /// does not count. It can be remapped anew, elsewhere or later. When its owner ends or drops it, that is its end, and `ended` does not see
  /// it.
  ///
  /// Nil if it was taken before, or if it cannot be had back as it was: an append to a zone that succeeded, and a bio whose integrity data
  /// or encryption key those below have given up (6.1 frees both at every end). It has ended then, as `ended` says.
  ///
  /// Context: any.
  public borrowing func take() -> TargetBio<Driver>? {
    // SAFETY: the type's invariant; the value stands for the bio from here on.
    guard let raw = unsafe live, unsafe apus_dm_bio_take(raw, BioLayout<Driver>.header(raw)) else { return nil }
    unsafe isTaken.pointee = true
    return unsafe TargetBio(UnsafeMutableRawPointer(raw), target)
  }
}

/// What becomes of a bio that has ended.
public enum EndResult: Sendable {
  /// It has ended, with this status. `DM_ENDIO_DONE`.
  case done(BlockStatus)

  /// It is pushed back, to be mapped anew, as with `MapResult.requeue`. `DM_ENDIO_REQUEUE`.
  case requeue
}

/// The memory that device mapper keeps in front of a bio: a header and the target's data, if the target tracks its bios.
enum BioLayout<Driver: Target & ~Copyable> {
  @inline(__always)
  static var dataSize: Int { (MemoryLayout<Driver.BioData>.size &+ 7) & ~7 }

  @inline(__always)
  static var size: Int { Int(APUS_DM_BIO_SIZE) &+ dataSize }

  @inline(__always) @unsafe
  static func header(_ raw: UnsafeMutablePointer<bio>) -> UnsafeMutablePointer<apus_dm_bio> {
    // SAFETY: the caller's bio is of a target that asked for as much.
    unsafe apus_dm_bio_data(raw, size)
  }

  @inline(__always) @unsafe
  static func data(_ raw: UnsafeMutablePointer<bio>) -> UnsafeMutablePointer<Driver.BioData> {
    // SAFETY: as above; the data is behind the header. (A target that does not track bios has none, of no size.)
    if !Driver.targetTraits.tracksBios {
      return unsafe UnsafeMutableRawPointer(raw).assumingMemoryBound(to: Driver.BioData.self)
    }
    return unsafe (UnsafeMutableRawPointer(header(raw)) + Int(APUS_DM_BIO_SIZE)).assumingMemoryBound(
      to: Driver.BioData.self)
  }

  @inline(__always) @unsafe
  static func end(_ raw: UnsafeMutablePointer<bio>, _ status: BlockStatus) {
    if Driver.targetTraits.tracksBios {
      // SAFETY: the caller stands for the bio. What the target took back after an end is not shown to it once more.
      let header = unsafe header(raw)
      if unsafe header.pointee.is_taken != 0 { unsafe header.pointee.is_final = 1 }
    }
    // SAFETY: the caller stands for the bio, and gives it up.
    unsafe apus_dm_bio_end(raw, status.rawValue)
  }

  @inline(__always) @unsafe
  static func submit(_ raw: UnsafeMutablePointer<bio>) {
    // SAFETY: the caller stands for the bio, and gives it up; its target is there, and so the module,
    // until whose end the library's part of the table stays.
    if Driver.targetTraits.tracksBios { unsafe header(raw).pointee.is_taken = 0 }
    unsafe apus_dm_bio_submit(Driver.targetTable, raw)
  }

  @inline(__always) @unsafe
  static func operation(_ raw: UnsafeMutablePointer<bio>) -> Operation {
    // SAFETY: the caller's bio.
    let operation = Operation(rawValue: unsafe apus_dm_bio_operation(raw))
    // (A flush is an empty write with a flush before it.)
    guard operation == .write, unsafe apus_dm_bio_bytes(raw) == 0, unsafe flags(raw).contains(.preflush) else {
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
    // SAFETY: the caller's bio keeps its memory for the call, which may be changed unless the caller says that it is
    // read-only; the vector is filled in before it is looked at.
    var segments = unsafe start
    var vector = unsafe bio_vec()
    while unsafe apus_dm_segments_next(&segments, &vector) {
      guard let page = unsafe vector.bv_page else { continue }
      // SAFETY: as above.
      try body(
        unsafe Segment(
          page: UnsafeMutableRawPointer(page), offset: Int(vector.bv_offset), byteCount: Int(vector.bv_len),
          isReadOnly: isReadOnly))
    }
  }
}
