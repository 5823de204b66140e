// SPDX-License-Identifier: GPL-2.0-only
// Sending a request on to another device.
// C header: include/linux/bio.h (bio_alloc_clone)

internal import CKernel
public import Block
public import Kernel

extension Request where Driver: ~Copyable, Driver.RequestData == RequestShares {
  /// Sends the request on to another device: bios that share its memory, one for each of its own; one without memory for a flush, a
  /// discard, a secure erase or zeroes. When all of them have ended the request does: well, or with the status of the part that
  /// failed first in the order of the sectors, and what lies before that part has ended well.
  ///
  /// Another operation ends with `notSupported`. What lies beyond the device's end, or is not in whole blocks of the device, ends with
  /// an I/O error, part by part.
  ///
  /// - Parameters:
  ///   - device: where to; it stays until the bios have ended.
  ///   - sector: where the request's first sector lies there.
  ///   - set: where bios come from.
  ///   - flags: how to find memory for them. If they do not let it wait, and there is none, the parts that it lacks for fail with
  ///     `resource`. If they do, the call waits for earlier bios to end at worst. So it must not be made within somebody else's
  ///     submission (in a driver's `queue`), which keeps them from starting: in a work item, or a thread.
  ///   - makeHandler: makes the value that travels with a bio.
  ///
  /// Context: may sleep. Elsewhere all parts end with an I/O error.
  public consuming func forward<Handler: CloneHandler & ~Copyable>(
    to device: borrowing BlockDevice, at sector: Sector, from set: borrowing CloneSet<Handler>,
    _ flags: AllocationFlags,
    makeHandler: () -> Handler
  ) where Handler.Driver == Driver {
    // SAFETY: the type's invariant.
    guard unsafe apus_request_can_forward(pointer) else {
      end(.notSupported)
      return
    }
    // SAFETY: the device and the set are borrowed, and stay until the bios have ended, which they count.
    let target = unsafe device.raw.assumingMemoryBound(to: apus_device.self)
    let memory = unsafe set.set.raw.assumingMemoryBound(to: apus_bio_set.self)
    // SAFETY: this call stands for the request as long as it has a share.
    let request = unsafe take()
    let shares = unsafe RequestLayout<Driver>.data(request)
    unsafe shares.pointee.begin()
    guard unsafe apus_request_first_bio(request) != nil else {
      // SAFETY: the request stays, by the share.
      if let bio = unsafe apus_bio_of_request(request, target, memory, flags.rawValue) {
        unsafe Self.send(
          bio,
          CloneCore(
            handler: makeHandler(), request: request, device: target, offset: 0, byteCount: apus_request_bytes(request)),
          sector)
      } else {
        unsafe shares.pointee.fail(at: 0, .resource)
      }
      unsafe Self.leave(request)
      return
    }
    // SAFETY: the request's bios stay until it ends, which the share keeps off.
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
        CloneCore(
          handler: makeHandler(), request: request, device: target, offset: offset, byteCount: count),
        Sector(sector.count &+ (apus_bio_sector(source) &- first)))
      offset &+= count
    }
    unsafe Self.leave(request)
  }

  /// Sends a bio on its way, with a share in the request.
  @inline(__always) @unsafe
  private static func send<Handler: CloneHandler & ~Copyable>(
    _ bio: UnsafeMutablePointer<bio>, _ core: consuming CloneCore<Handler>, _ sector: Sector
  ) where Handler.Driver == Driver {
    // SAFETY: the caller has a share itself; this is the bio's.
    unsafe RequestLayout<Driver>.data(core.request.assumingMemoryBound(to: request.self)).pointee.add()
    let device = unsafe core.device.assumingMemoryBound(to: apus_device.self)
    // SAFETY: the room in front of the bio is the core's by the set's making, and nothing is in it yet.
    unsafe CloneCore<Handler>.place(of: UnsafeMutableRawPointer(bio)).initialize(to: core)
    // SAFETY: the bio is the block layer's from here on; the callback is the macro's.
    unsafe apus_clone_submit(
      bio, device, sector.count, unsafeBitCast(Handler.cloneCallback.function, to: UnsafeMutableRawPointer.self))
  }

  /// Gives up a share in a request. Whoever has the last one ends it.
  @inline(__always) @unsafe
  static func leave(_ raw: UnsafeMutablePointer<request>) {
    // SAFETY: the caller has a share, so the request is in flight.
    let shares = unsafe RequestLayout<Driver>.data(raw)
    guard unsafe shares.pointee.leave() else { return }
    let failure = unsafe shares.pointee.firstFailure
    // SAFETY: nobody has a share any more: this is the one value of the request.
    let request = unsafe Request(raw)
    guard let failure else {
      request.end(.ok)
      return
    }
    if let rest = request.end(.ok, byteCount: failure.offset) { rest.end(failure.status) }
  }
}
