// SPDX-License-Identifier: GPL-2.0-only
// Copies from one device to others.
// C header: include/linux/dm-kcopyd.h

internal import CKernel
public import Block
public import Kernel

/// What copies ranges of one device to others, and writes zeroes, in a thread of the kernel's: kcopyd. It divides a copy of any length into
/// parts, and has pages in reserve, so that it gets on without memory.
///
/// Its end waits until its copies have ended and their handlers have returned, for as long as the devices take. So it ends where it may sleep, and a
/// prepared call that is kept ends before it does (of a struct's properties the first one ends first). If one is left after half a minute, the
/// client's memory is lost, with a line in the log, and the module stays.
///
/// Invariant: `core` has a client until `deinit`; each prepared call of its is a user of its gate until it is made.
@safe
public struct CopyClient: ~Copyable, @unchecked Sendable {
  private let core: UnsafeMutablePointer<apus_copy_client>
  // What the client's structure points to.
  private let throttle: CopyThrottle?

  /// The corresponding C function is `dm_kcopyd_client_create`.
  ///
  /// Throws: `outOfMemory`.
  /// Context: may sleep.
  public init() throws(Errno) { try self.init(nil) }

  /// A client that is slowed down, with all others that share the throttle.
  ///
  /// Throws: `outOfMemory`.
  /// Context: may sleep.
  public init(throttle: borrowing CopyThrottle) throws(Errno) { try self.init(throttle.share()) }

  private init(_ throttle: consuming CopyThrottle?) throws(Errno) {
    // SAFETY: all zeroes, until the next call makes it what it is.
    let box = try unsafe HeapBox(apus_copy_client(), .kernel)
    let status: CInt
    switch throttle {
    // SAFETY: the memory is ours and does not move; the throttle stays as long as this value, which shares it.
    case .some(let shared): status = unsafe apus_copy_client_init(box.address, shared.raw)
    case .none: status = unsafe apus_copy_client_init(box.address, nil)
    }
    try Errno.check(status)
    self.throttle = throttle
    // INVARIANT: initialised just now.
    unsafe core = box.take()
    // SAFETY: taken back in `deinit`.
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: the type's invariant.
    refuseSelfEnd(unsafe apus_copy_client_is_own(core))
    // SAFETY: the type's invariant; nobody copies or prepares any more, since that borrows this value. What waits may sleep.
    guard unsafe apus_may_sleep(), unsafe apus_gate_close_soon(&core.pointee.gate) else {
      log(
        .error,
        "a client of kcopyd ends while there is a prepared call of its, or where that cannot wait; its memory is lost")
      // The client's structure goes on pointing to it.
      throttle?.keepForEver()
      return
    }
    // SAFETY: this waits for its copies and calls, whose handlers have returned then; the memory was a box's.
    unsafe apus_copy_client_exit(core)
    _ = unsafe HeapBox(owning: core)
    // SAFETY: as `init` said.
    unsafe apus_unregistered()
  }

  /// How a copy is made. Options are united as allocation flags are: `.inOrder | .ignoringErrors`.
  public struct Options: Equatable, Sendable {
    let rawValue: UInt32

    public static func | (left: Options, right: Options) -> Options {
      Options(rawValue: left.rawValue | right.rawValue)
    }
    public static func == (left: Options, right: Options) -> Bool { left.rawValue == right.rawValue }

    /// It ends with the first error.
    public static var none: Options { Options(rawValue: 0) }
    /// It goes on where something failed, except with `inOrder`. The corresponding C constant is `DM_KCOPYD_IGNORE_ERROR`.
    public static var ignoringErrors: Options { Options(rawValue: UInt32(APUS_COPY_IGNORES_ERRORS.rawValue)) }
    /// What is written is written in the order of the sectors, as to a device with zones, for which this is always so. The
    /// corresponding C constant is `DM_KCOPYD_WRITE_SEQ`.
    public static var inOrder: Options { Options(rawValue: UInt32(APUS_COPY_IN_ORDER.rawValue)) }
  }

  /// Copies. When that has ended, the handler's `ended` runs, once. The corresponding C function is `dm_kcopyd_copy`.
  ///
  /// - Parameters:
  ///   - device: where from,
  ///   - sector: and where it begins there.
  ///   - length: how much, in whole blocks of the devices. What lies beyond a device's end is an error of the copy's.
  ///   - regions: where to, all of them.
  ///   - options: how.
  ///   - handler: what runs then.
  ///   - flags: how to find memory for the handler.
  ///
  /// Throws, with nothing copied: `invalidArgument` for no places, for no length, and for what is not in blocks; `readOnly` if the table is;
  /// `noSuchDevice` when the device's target has ended; `outOfMemory`; `tryAgain` where this cannot wait. The handler has ended then.
  /// Context: may sleep.
  public borrowing func copy<Handler: CopyHandler & ~Copyable>(
    from device: borrowing UnderlyingDevice, at sector: Sector, length: Sector, to regions: consuming Regions,
    _ options: Options = .none, handler: consuming Handler, _ flags: AllocationFlags
  ) throws(Errno) {
    // SAFETY: a user of the gate until this returns; the copy is another when it has begun.
    guard unsafe apus_dm_enter(device.raw) else { throw .noSuchDevice }
    defer { unsafe apus_dm_leave(device.raw) }
    guard sector <= Sector.maximum, unsafe apus_dm_is_aligned(device.raw, sector.count, length.count) else {
      throw .invalidArgument
    }
    try unsafe start(device.raw, sector, length, regions, options, handler, flags)
  }

  /// Writes zeroes, without data where all devices can do that. When that has ended, the handler's `ended` runs, once. The corresponding C function
  /// is `dm_kcopyd_zero`.
  ///
  /// Parameters, errors and context are as those of `copy`.
  public borrowing func zero<Handler: CopyHandler & ~Copyable>(
    _ regions: consuming Regions, length: Sector, _ options: Options = .none, handler: consuming Handler,
    _ flags: AllocationFlags
  ) throws(Errno) {
    // SAFETY: no source.
    try unsafe start(nil, Sector(0), length, regions, options, handler, flags)
  }

  /// Prepares to have a handler run in the client's thread, in its turn among the handlers of copies. The corresponding C function is
  /// `dm_kcopyd_prepare_callback`.
  ///
  /// Throws: `outOfMemory`; `tryAgain` where this cannot wait. The handler has ended then.
  /// Context: may sleep.
  public borrowing func prepareCall<Handler: CopyHandler & ~Copyable>(
    _ handler: consuming Handler, _ flags: AllocationFlags
  ) throws(Errno) -> PreparedCopyCall<Handler> {
    // SAFETY: it reads this task's state.
    guard unsafe apus_may_sleep() else { throw .tryAgain }
    // SAFETY: all zeroes: no source, no places.
    let box = try unsafe HeapBox(CopyCore(copy: apus_copy(), handler: handler), flags)
    // SAFETY: the type's invariant; the callback takes the core back, which begins with what C uses.
    let core = unsafe box.take()
    return unsafe PreparedCopyCall(
      apus_copy_prepare(
        self.core, UnsafeMutableRawPointer(core).assumingMemoryBound(to: apus_copy.self),
        unsafeBitCast(Handler.copyCallback.function, to: UnsafeMutableRawPointer.self)),
      UnsafeMutableRawPointer(self.core))
  }

  /// Waits until the client's thread has done what there was to do. (Copies may be on their way to a device still. In a handler it does nothing.) The
  /// corresponding C function is `dm_kcopyd_client_flush`.
  ///
  /// Context: may sleep.
  public borrowing func flush() {
    // SAFETY: the type's invariant.
    if unsafe apus_copy_client_is_own(core) { return }
    unsafe apus_copy_client_flush(core)
  }

  /// The source, if there is one, is a device that is open for the call.
  @unsafe
  private borrowing func start<Handler: CopyHandler & ~Copyable>(
    _ source: UnsafeMutablePointer<apus_dm_device>?, _ sector: Sector, _ length: Sector, _ regions: consuming Regions,
    _ options: Options, _ handler: consuming Handler, _ flags: AllocationFlags
  ) throws(Errno) {
    // SAFETY: it reads this task's state.
    guard unsafe apus_may_sleep() else { throw .tryAgain }
    guard length.count > 0 else { throw .invalidArgument }
    try regions.check(length, isWrite: true)
    // SAFETY: all zeroes, and filled in below.
    let box = try unsafe HeapBox(CopyCore(copy: apus_copy(), handler: handler), flags)
    // SAFETY: the callback takes the core back; it begins with what C uses. The copy stands for the places' gates from here on.
    let core = unsafe box.take()
    unsafe core.pointee.copy.to = regions.take()
    unsafe core.pointee.copy.source = source
    // SAFETY: the type's invariant; the number of places is what kcopyd takes.
    unsafe apus_copy_start(
      self.core, UnsafeMutableRawPointer(core).assumingMemoryBound(to: apus_copy.self), sector.count, length.count,
      options.rawValue, unsafeBitCast(Handler.copyCallback.function, to: UnsafeMutableRawPointer.self))
  }
}

/// A handler that is ready to run in a client's thread. One that is dropped runs, as after a read that failed.
///
/// Invariant: `job` is kcopyd's, prepared and not called yet; only this value calls it. `client` is its client's structure, of whose gate it is a user.
@safe @frozen
public struct PreparedCopyCall<Handler: CopyHandler & ~Copyable>: ~Copyable, @unchecked Sendable {
  @unsafe @usableFromInline let job: UnsafeMutableRawPointer
  @unsafe @usableFromInline let client: UnsafeMutableRawPointer

  @unsafe
  init(_ job: UnsafeMutableRawPointer, _ client: UnsafeMutableRawPointer) {
    // INVARIANT: `CopyClient` has just prepared it.
    unsafe self.job = job
    unsafe self.client = client
  }

  deinit {
    // SAFETY: the type's invariant: it is kcopyd's from here on.
    unsafe apus_copy_call(client.assumingMemoryBound(to: apus_copy_client.self), job, true, 0)
  }

  /// Has the handler run, with this result. The corresponding C function is `dm_kcopyd_do_callback`.
  ///
  /// Context: any.
  public consuming func run(_ result: CopyResult = .success) {
    // SAFETY: the type's invariant; this value is gone.
    let job = unsafe job
    let client = unsafe client.assumingMemoryBound(to: apus_copy_client.self)
    discard self
    unsafe apus_copy_call(client, job, result.readFailed, result.writeErrors.rawValue)
  }
}
