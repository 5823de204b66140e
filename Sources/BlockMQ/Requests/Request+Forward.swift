// SPDX-License-Identifier: GPL-2.0-only
// Forwarding a request to another device.
// C header: include/linux/bio.h (bio_alloc_clone)

internal import CKernel
public import Block
public import Kernel

extension Request where Driver: ~Copyable, Driver.RequestData == RequestIOCount {
  /// Forwards the request to another device.
  ///
  /// The library sends a bio for each bio of the request, which shares the memory of that bio. The
  /// bios of a discard, a secure erase or a write of zeroes have no memory. For a request without
  /// bios (a flush), the library sends one bio without memory. When all these bios have ended, the
  /// request completes: without error, or with the status of the first failed part in the order of
  /// the sectors. The sectors before that part complete without error.
  ///
  /// Any other operation completes with `notSupported`. A part that lies beyond the end of the
  /// device, or is not whole blocks of the device, ends with an I/O error.
  ///
  /// - Parameters:
  ///   - device: the other device; it stays until the bios have ended.
  ///   - sector: the sector on that device at which the request's first sector lies.
  ///   - set: the set from which the bios are allocated.
  ///   - flags: how to allocate the bios. If the flags do not allow waiting and there is no memory
  ///     for a bio, that part and all later ones fail with `resource`. If the flags allow waiting,
  ///     the call may wait for earlier bios to end. So a driver must not call this within a
  ///     submission (in its `queue`), which prevents those bios from starting; a work item or a
  ///     thread may call it.
  ///   - makeHandler: makes the value that travels with a bio.
  ///
  /// Context: may sleep. In a context that must not sleep, all parts end with an I/O error.
  public consuming func forward<Handler: CloneHandler & ~Copyable>(
    to device: borrowing BlockDevice, at sector: Sector, from set: borrowing CloneSet<Handler>,
    _ flags: AllocationFlags,
    makeHandler: () -> Handler
  ) where Handler.Driver == Driver {
    // SAFETY: this value owns the request; the helper only reads its operation.
    guard unsafe apus_request_can_forward(pointer) else {
      end(.notSupported)
      return
    }
    // SAFETY: the device and the set are borrowed. Both count their bios and stay until the bios
    // have ended.
    let target = unsafe device.raw.assumingMemoryBound(to: apus_device.self)
    let memory = unsafe set.set.raw.assumingMemoryBound(to: apus_bio_set.self)
    // SAFETY: this call owns the request as long as it counts in its `RequestIOCount`.
    let request = unsafe take()
    let shares = unsafe RequestLayout<Driver>.data(request)
    unsafe shares.pointee.begin()
    guard unsafe apus_request_first_bio(request) != nil else {
      // SAFETY: this call's count keeps the request.
      if let bio = unsafe apus_bio_of_request(request, target, memory, flags.rawValue) {
        unsafe Self.send(
          bio,
          CloneContext(
            handler: makeHandler(), request: request, device: target, offset: 0,
            byteCount: apus_request_bytes(request)),
          sector)
      } else {
        unsafe shares.pointee.fail(at: 0, .resource)
      }
      unsafe Self.leave(request)
      return
    }
    // SAFETY: the request's bios stay until the request ends, which this call's count prevents.
    var next = unsafe apus_request_first_bio(request)
    let first = unsafe apus_request_sector(request)
    var offset: UInt32 = 0
    while let source = unsafe next {
      unsafe next = apus_bio_next(source)
      let count = unsafe apus_bio_bytes(source)
      guard let bio = unsafe apus_bio_clone(source, request, memory, flags.rawValue) else {
        unsafe shares.pointee.fail(at: offset, .resource)
        break
      }
      unsafe Self.send(
        bio,
        CloneContext(
          handler: makeHandler(), request: request, device: target, offset: offset, byteCount: count
        ),
        Sector(sector.count &+ (apus_bio_sector(source) &- first)))
      offset &+= count
    }
    unsafe Self.leave(request)
  }

  /// Submits a bio, and counts it in the request's `RequestIOCount`.
  @inline(__always) @unsafe
  private static func send<Handler: CloneHandler & ~Copyable>(
    _ bio: UnsafeMutablePointer<bio>, _ context: consuming CloneContext<Handler>, _ sector: Sector
  ) where Handler.Driver == Driver {
    // SAFETY: the caller's own count keeps the request; this one is the bio's.
    unsafe RequestLayout<Driver>.data(context.request.assumingMemoryBound(to: request.self)).pointee
      .add()
    let device = unsafe context.device.assumingMemoryBound(to: apus_device.self)
    // SAFETY: the set reserves the room in front of the bio for the context, and it is not
    // initialized yet.
    unsafe CloneContext<Handler>.place(of: UnsafeMutableRawPointer(bio)).initialize(to: context)
    // SAFETY: the block layer owns the bio from here on; the callback is the macro's.
    unsafe apus_clone_submit(
      bio, device, sector.count,
      unsafeBitCast(Handler.cloneCallback.function, to: UnsafeMutableRawPointer.self))
  }

  /// Drops one count of the request. The caller that drops the last one ends the request.
  @inline(__always) @unsafe
  static func leave(_ raw: UnsafeMutablePointer<request>) {
    // SAFETY: the caller's count keeps the request in flight.
    let shares = unsafe RequestLayout<Driver>.data(raw)
    guard unsafe shares.pointee.leave() else { return }
    let failure = unsafe shares.pointee.firstFailure
    // SAFETY: the count is 0, so this is the only value of the request.
    let request = unsafe Request(raw)
    guard let failure else {
      request.end(.ok)
      return
    }
    if let rest = request.end(.ok, byteCount: failure.offset) { rest.end(failure.status) }
  }
}
