// SPDX-License-Identifier: GPL-2.0-only
// The handler that runs when a part of a forwarded request has ended, and the bio set for such
// parts.
// C header: include/linux/bio.h (bio_alloc_clone, struct bio_set)

internal import CKernel
public import Block
public import Kernel

/// The handler that runs when a bio that carries out a part of a request has ended. The value
/// travels with the bio.
///
/// Attach `@CloneHandler` to the type; the macro writes the C callback. The library ends the
/// request, once, when all of its parts have ended. So a handler can neither forget the request nor
/// end it while a device still reads its memory.
public protocol CloneHandler: ~Copyable, Sendable {
  /// The driver whose requests are forwarded.
  associatedtype Driver: BlockDriver & ~Copyable where Driver.RequestData == RequestIOCount

  /// A part has ended. The result is the status with which the part counts for the request.
  ///
  /// Context: interrupt context, or the task that forwards; must not sleep.
  consuming func ended(_ part: RequestPart, _ status: BlockStatus) -> BlockStatus

  /// The C callback, written by `@CloneHandler`.
  @unsafe static var cloneCallback: CloneCallback<Self> { get }
}

extension CloneHandler where Self: ~Copyable {
  /// Returns the status of the other device.
  @inline(__always)
  public consuming func ended(_ part: RequestPart, _ status: BlockStatus) -> BlockStatus { status }
}

/// Writes the C callback of a clone handler inside its type. The type conforms to `CloneHandler`.
@attached(member, names: named(cloneCallback))
public macro CloneHandler() = #externalMacro(module: "KernelMacros", type: "CallbackMacro")

/// The C callback of a clone handler type: `bio_end_io_t`.
///
/// A driver cannot make the value without `unsafe`, and the callback of another handler has another
/// type.
///
/// Invariant: `function` keeps the contract of `CloneAdapter.ended` for `Handler`.
@safe
public struct CloneCallback<Handler: CloneHandler & ~Copyable> {
  /// The type of the C callback; its argument points to the `struct bio`. The corresponding C type
  /// is `bio_end_io_t`.
  public typealias Function = @convention(c) (UnsafeMutableRawPointer?) -> Void

  let function: Function

  /// Written by the macro.
  @unsafe @inline(__always)
  public init(_ function: @escaping Function) {
    // INVARIANT: the macro's closure calls the adapter.
    unsafe self.function = function
  }
}

/// The part of a request that a bio carries out.
public struct RequestPart: Sendable {
  /// The first byte of the part, relative to the start of the request.
  public let offset: Int

  /// The number of bytes; 0 for a flush.
  public let byteCount: Int
}

/// A bio set from which the library allocates the bios of forwarded requests, with some in reserve.
/// As `BioSet`.
///
/// The end of the value waits until all bios of the set have ended.
@safe
public struct CloneSet<Handler: CloneHandler & ~Copyable>: ~Copyable, @unchecked Sendable {
  let set: BioMemory

  /// Allocates the set. The corresponding C function is `bioset_init`.
  ///
  /// - Parameter reserve: the number of bios in reserve for when memory is short; at least 1.
  ///
  /// Throws: `invalidArgument` for an impossible reserve; `outOfMemory`.
  /// Context: may sleep.
  public init(reserve: Int) throws(Errno) {
    set = try BioMemory(reserve: reserve, front: CloneContext<Handler>.front)
  }
}

/// The data in front of a clone that is in flight.
///
/// Invariant: both pointers are valid until the clone has ended.
@safe
@usableFromInline
struct CloneContext<Handler: CloneHandler & ~Copyable>: ~Copyable {
  var handler: Handler
  // The request; the clone counts in its `RequestIOCount`.
  let request: UnsafeMutableRawPointer
  // The `struct apus_device`; the clone counts in its `inflight`.
  let device: UnsafeMutableRawPointer
  let offset: UInt32
  let byteCount: UInt32

  @inline(__always)
  static var front: Int { bioFront(MemoryLayout<CloneContext>.size) }

  @inline(__always) @unsafe
  static func place(of bio: UnsafeMutableRawPointer) -> UnsafeMutablePointer<CloneContext> {
    // SAFETY: the caller's bio comes from a set with that much room in front of each bio.
    unsafe (bio - front).assumingMemoryBound(to: CloneContext.self)
  }
}

/// The function that the macro's code calls. A driver does not use it.
public enum CloneAdapter<Handler: CloneHandler & ~Copyable> {
  /// `bi_end_io`.
  ///
  /// Contract of the block layer and of `Request.forward`: the bio has a `CloneContext` in front of
  /// it and counts in the `RequestIOCount` of a request in flight. The callback owns the bio.
  @inline(__always) @unsafe
  public static func ended(_ raw: UnsafeMutableRawPointer?) {
    // SAFETY: the contract above. The block layer never passes null; the check is for the type.
    guard let raw = unsafe raw else { return }
    // The end of a device waits for a grace period, so no code of the driver runs after the device
    // has closed.
    unsafe apus_rcu_read_lock()
    // SAFETY: the contract above; the bio is put below.
    let clone = unsafe raw.assumingMemoryBound(to: bio.self)
    let context = unsafe CloneContext<Handler>.place(of: raw)
    let device = unsafe context.pointee.device.assumingMemoryBound(to: apus_device.self)
    let request = unsafe context.pointee.request.assumingMemoryBound(to: request.self)
    let offset = unsafe context.pointee.offset
    let part = RequestPart(offset: Int(offset), byteCount: unsafe Int(context.pointee.byteCount))
    // SAFETY: the handler is moved out once; no other field of the context has a destructor. (As in
    // `BioAdapter`.)
    let handler = unsafe withUnsafeMutablePointer(to: &context.pointee.handler) { unsafe $0.move() }
    let status = handler.ended(part, BlockStatus(rawValue: unsafe apus_bio_status(clone)))
    // SAFETY: the clone ends before the request whose memory it refers to.
    unsafe apus_bio_put(clone)
    if status != .ok {
      unsafe RequestLayout<Handler.Driver>.data(request).pointee.fail(at: offset, status)
    }
    unsafe Request<Handler.Driver>.leave(request)
    // SAFETY: the bio counted in the device's `inflight` until here.
    unsafe apus_device_left(device)
    unsafe apus_rcu_read_unlock()
  }
}
