// SPDX-License-Identifier: GPL-2.0-only
// Copies from one device to others, with kcopyd.
// C header: include/linux/dm-kcopyd.h

internal import CKernel
public import Block
public import Kernel

/// A client of kcopyd, which copies ranges of one device to others and writes zeroes, in a kernel
/// thread. kcopyd splits a copy of any length into parts, and has reserved pages, so that it makes
/// progress when the kernel is out of memory.
///
/// Destroying the client waits until its copies have completed and their handlers have returned,
/// for as long as the devices take. It must therefore be destroyed where the caller may sleep, and
/// after a prepared call that the driver keeps (Swift destroys the stored properties of a struct in
/// the order of their declaration). If the caller may not sleep, or if a prepared call is left
/// after 30 seconds, the client's memory leaks, the library logs an error, and the module stays
/// loaded.
///
/// Invariant: `client` has a client until `deinit`; its in-flight count includes each prepared call
/// of the client until the call is made.
@safe
public struct CopyClient: ~Copyable, @unchecked Sendable {
  private let client: UnsafeMutablePointer<apus_copy_client>
  // The throttle that the client's structure points to.
  private let throttle: CopyThrottle?

  /// Creates a client. The corresponding C function is `dm_kcopyd_client_create`.
  ///
  /// Throws: `outOfMemory`.
  /// Context: may sleep.
  public init() throws(Errno) { try self.init(nil) }

  /// Creates a client that shares a throttle, which limits all clients that share it together.
  ///
  /// Throws: `outOfMemory`.
  /// Context: may sleep.
  public init(throttle: borrowing CopyThrottle) throws(Errno) { try self.init(throttle.share()) }

  private init(_ throttle: consuming CopyThrottle?) throws(Errno) {
    // SAFETY: all zeroes; the next call initialises it.
    let box = try unsafe HeapBox(apus_copy_client(), .kernel)
    let status: CInt
    switch throttle {
    // SAFETY: this call owns the memory, which does not move; the throttle stays as long as this
    // value, which is one of its owners.
    case .some(let shared): status = unsafe apus_copy_client_init(box.address, shared.raw)
    case .none: status = unsafe apus_copy_client_init(box.address, nil)
    }
    try Errno.check(status)
    self.throttle = throttle
    // INVARIANT: the call above has initialised it.
    unsafe client = box.take()
    // SAFETY: `deinit` takes the registration back.
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: `client` has a client until this `deinit`; the helper compares its runner with the
    // current task.
    refuseSelfEnd(unsafe apus_copy_client_is_own(client))
    // SAFETY: the type's invariant; copying and preparing borrow this value, so neither happens any
    // more. The drain, which waits, is reached only where this task may sleep.
    guard unsafe apus_may_sleep(), unsafe apus_inflight_drain_soon(&client.pointee.inflight) else {
      log(
        .error,
        "a client of kcopyd ends while there is a prepared call of its, or where that cannot wait; its memory is lost"
      )
      // The leaked structure continues to point to the throttle.
      throttle?.keepForEver()
      return
    }
    // SAFETY: this waits for the client's copies and calls, and for their handlers to return; the
    // memory came from a box.
    unsafe apus_copy_client_exit(client)
    _ = unsafe HeapBox(owning: client)
    // SAFETY: `init` made the registration.
    unsafe apus_unregistered()
  }

  /// Options of a copy, combined as allocation flags are: `.inOrder | .ignoringErrors`.
  public struct Options: Equatable, Sendable {
    let rawValue: UInt32

    /// The options that are set in either operand.
    public static func | (left: Options, right: Options) -> Options {
      Options(rawValue: left.rawValue | right.rawValue)
    }
    /// Whether the same options are set in both.
    public static func == (left: Options, right: Options) -> Bool {
      left.rawValue == right.rawValue
    }

    /// The copy stops at the first error.
    public static var none: Options { Options(rawValue: 0) }
    /// The copy continues after an error, except with `inOrder`. The corresponding C constant is
    /// `DM_KCOPYD_IGNORE_ERROR`.
    public static var ignoringErrors: Options {
      Options(rawValue: UInt32(APUS_COPY_IGNORES_ERRORS.rawValue))
    }
    /// The copy writes in the order of the sectors. Copies to zoned devices always do. The
    /// corresponding C constant is `DM_KCOPYD_WRITE_SEQ`.
    public static var inOrder: Options { Options(rawValue: UInt32(APUS_COPY_IN_ORDER.rawValue)) }
  }

  /// Starts a copy. When it has completed, the handler's `ended` runs, once. The corresponding C
  /// function is `dm_kcopyd_copy`.
  ///
  /// - Parameters:
  ///   - device: the device to read from.
  ///   - sector: the first sector to read.
  ///   - length: the length of the copy, in whole blocks of all devices. A range that reaches
  ///     beyond the end of a device makes the copy fail.
  ///   - regions: the places to write to; the copy writes to all of them.
  ///   - options: the options of the copy.
  ///   - handler: the value that runs when the copy has completed.
  ///   - flags: the flags of the allocation of memory for the handler.
  ///
  /// Throws, with nothing copied: `invalidArgument` for no places, for a length of zero, and for
  /// places or lengths that are not in whole blocks; `readOnly` if the table is read-only;
  /// `noSuchDevice` if the target of the device has ended; `outOfMemory`; `tryAgain` if the caller
  /// may not sleep. The handler has been destroyed then.
  /// Context: may sleep.
  public borrowing func copy<Handler: CopyHandler & ~Copyable>(
    from device: borrowing UnderlyingDevice, at sector: Sector, length: Sector,
    to regions: consuming Regions,
    _ options: Options = .none, handler: consuming Handler, _ flags: AllocationFlags
  ) throws(Errno) {
    // SAFETY: this call holds an in-flight reference until it returns; the copy holds one as well
    // once it has started.
    guard unsafe apus_dm_enter(device.raw) else { throw .noSuchDevice }
    defer { unsafe apus_dm_leave(device.raw) }
    guard sector <= Sector.maximum,
      unsafe apus_dm_is_aligned(device.raw, sector.count, length.count)
    else {
      throw .invalidArgument
    }
    try unsafe start(device.raw, sector, length, regions, options, handler, flags)
  }

  /// Writes zeroes, with the write-zeroes operation if all devices support it. When that has
  /// completed, the handler's `ended` runs, once. The corresponding C function is `dm_kcopyd_zero`.
  ///
  /// Parameters, errors and context are as those of `copy`.
  public borrowing func zero<Handler: CopyHandler & ~Copyable>(
    _ regions: consuming Regions, length: Sector, _ options: Options = .none,
    handler: consuming Handler,
    _ flags: AllocationFlags
  ) throws(Errno) {
    // SAFETY: there is no source device.
    try unsafe start(nil, Sector(0), length, regions, options, handler, flags)
  }

  /// Prepares a call of a handler in the client's thread, in order with the handlers of copies. The
  /// corresponding C function is `dm_kcopyd_prepare_callback`.
  ///
  /// Throws: `outOfMemory`; `tryAgain` if the caller may not sleep. The handler has been destroyed
  /// then.
  /// Context: may sleep.
  public borrowing func prepareCall<Handler: CopyHandler & ~Copyable>(
    _ handler: consuming Handler, _ flags: AllocationFlags
  ) throws(Errno) -> PreparedCopyCall<Handler> {
    // SAFETY: the call only reads the state of the current task.
    guard unsafe apus_may_sleep() else { throw .tryAgain }
    // SAFETY: all zeroes: no source, no places.
    let box = try unsafe HeapBox(CopyContext(copy: apus_copy(), handler: handler), flags)
    // SAFETY: the type's invariant; the callback takes ownership of the context, which begins with
    // the C part.
    let context = unsafe box.take()
    return unsafe PreparedCopyCall(
      apus_copy_prepare(
        self.client, UnsafeMutableRawPointer(context).assumingMemoryBound(to: apus_copy.self),
        unsafeBitCast(Handler.copyCallback.function, to: UnsafeMutableRawPointer.self)),
      UnsafeMutableRawPointer(self.client))
  }

  /// Waits until the client's thread has processed its queued work. Copies may still be in flight
  /// on a device. In a handler of this client the call does nothing. The corresponding C function
  /// is `dm_kcopyd_client_flush`.
  ///
  /// Context: may sleep.
  public borrowing func flush() {
    // SAFETY: `client` has a client until `deinit`.
    if unsafe apus_copy_client_is_own(client) { return }
    unsafe apus_copy_client_flush(client)
  }

  /// Starts a copy or a write of zeroes. The source, if there is one, is a device that is open for
  /// the call.
  @unsafe
  private borrowing func start<Handler: CopyHandler & ~Copyable>(
    _ source: UnsafeMutablePointer<apus_dm_device>?, _ sector: Sector, _ length: Sector,
    _ regions: consuming Regions,
    _ options: Options, _ handler: consuming Handler, _ flags: AllocationFlags
  ) throws(Errno) {
    // SAFETY: the call only reads the state of the current task.
    guard unsafe apus_may_sleep() else { throw .tryAgain }
    guard length.count > 0 else { throw .invalidArgument }
    try regions.check(length, isWrite: true)
    // SAFETY: all zeroes; the code below fills it in.
    let box = try unsafe HeapBox(CopyContext(copy: apus_copy(), handler: handler), flags)
    // SAFETY: the callback takes ownership of the context, which begins with the C part. The copy
    // holds the in-flight references of the places from here on.
    let context = unsafe box.take()
    unsafe context.pointee.copy.to = regions.take()
    unsafe context.pointee.copy.source = source
    // SAFETY: the type's invariant; kcopyd accepts this number of places.
    unsafe apus_copy_start(
      self.client, UnsafeMutableRawPointer(context).assumingMemoryBound(to: apus_copy.self),
      sector.count, length.count,
      options.rawValue,
      unsafeBitCast(Handler.copyCallback.function, to: UnsafeMutableRawPointer.self))
  }
}

/// A prepared call of a handler in a client's thread. A value that is dropped makes the call with a
/// result in which the read failed.
///
/// Invariant: `job` is a job of kcopyd, prepared and not called yet; only this value calls it.
/// `client` is the structure of its client, whose in-flight count includes the call.
@safe @frozen
public struct PreparedCopyCall<Handler: CopyHandler & ~Copyable>: ~Copyable, @unchecked Sendable {
  @unsafe @usableFromInline let job: UnsafeMutableRawPointer
  @unsafe @usableFromInline let client: UnsafeMutableRawPointer

  @unsafe
  init(_ job: UnsafeMutableRawPointer, _ client: UnsafeMutableRawPointer) {
    // INVARIANT: `CopyClient` has just prepared the job.
    unsafe self.job = job
    unsafe self.client = client
  }

  deinit {
    // SAFETY: the type's invariant: kcopyd owns the job from here on.
    unsafe apus_copy_call(client.assumingMemoryBound(to: apus_copy_client.self), job, true, 0)
  }

  /// Makes the client's thread run the handler with this result. The corresponding C function is
  /// `dm_kcopyd_do_callback`.
  ///
  /// Context: any.
  public consuming func run(_ result: CopyResult = .success) {
    // SAFETY: the type's invariant; `discard` ends this value without its `deinit`, so the job is
    // called once.
    let job = unsafe job
    let client = unsafe client.assumingMemoryBound(to: apus_copy_client.self)
    discard self
    unsafe apus_copy_call(client, job, result.readFailed, result.writeErrors.rawValue)
  }
}
