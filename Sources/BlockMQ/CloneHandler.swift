// SPDX-License-Identifier: GPL-2.0-only
// What learns that a part of a forwarded request has ended, and where the bios of such parts come from.
// C header: include/linux/bio.h (bio_alloc_clone, struct bio_set)

internal import CKernel
public import Block
public import Kernel

/// What runs when a bio has ended that carries out a part of a request: a value that travels with the bio.
///
/// Attach `@CloneHandler` to the type; it writes the C callback. The request is ended by the library, once, when all of its parts
/// have ended: so a handler cannot forget it, nor end it while a device still reads its memory.
public protocol CloneHandler: ~Copyable, Sendable {
  /// The driver whose requests are forwarded.
  associatedtype Driver: BlockDriver & ~Copyable where Driver.RequestData == RequestShares

  /// A part has ended; what this gives is how it counts.
  ///
  /// Context: interrupt, or the task that forwards; must not sleep.
  consuming func ended(_ part: RequestPart, _ status: BlockStatus) -> BlockStatus

  /// The C callback; written by `@CloneHandler`.
  @unsafe static var cloneCallback: CloneCallback<Self> { get }
}

extension CloneHandler where Self: ~Copyable {
  /// As the other device said.
  @inline(__always)
  public consuming func ended(_ part: RequestPart, _ status: BlockStatus) -> BlockStatus { status }
}

/// Writes the C callback of a clone's handler inside its type. The type conforms to `CloneHandler`.
@attached(member, names: named(cloneCallback))
public macro CloneHandler() = #externalMacro(module: "KernelMacros", type: "CallbackMacro")

/// The C callback of one type of clone's handler: `bio_end_io_t`. It cannot be made without
/// `unsafe`, and another type's is of another type.
///
/// Invariant: `function` keeps the contract of the adapter's function for `Handler`.
@safe
public struct CloneCallback<Handler: CloneHandler & ~Copyable> {
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
  /// Its first byte, counted from the request's.
  public let offset: Int

  /// Its number of bytes; 0 for a flush.
  public let byteCount: Int
}

/// A set that the bios of forwarded requests are allocated from, with some in reserve. As `BioSet`.
///
/// Its end waits until all of its bios have ended.
@safe
public struct CloneSet<Handler: CloneHandler & ~Copyable>: ~Copyable, @unchecked Sendable {
  let set: BioMemory

  /// The corresponding C function is `bioset_init`.
  ///
  /// - Parameter reserve: how many bios are kept for when memory is short, 1 at least.
  ///
  /// Throws: `invalidArgument` for a reserve that cannot be; `outOfMemory`.
  /// Context: may sleep.
  public init(reserve: Int) throws(Errno) {
    set = try BioMemory(reserve: reserve, front: CloneCore<Handler>.front)
  }
}

/// What lies in front of a clone that is under way.
///
/// Invariant: both pointers are to what stays until the clone has ended.
@safe
@usableFromInline
struct CloneCore<Handler: CloneHandler & ~Copyable>: ~Copyable {
  var handler: Handler
  // The request, of which the clone has a share.
  let request: UnsafeMutableRawPointer
  // The `struct apus_device`, of whose gate the clone is a user.
  let device: UnsafeMutableRawPointer
  let offset: UInt32
  let byteCount: UInt32

  @inline(__always)
  static var front: Int { bioFront(MemoryLayout<CloneCore>.size) }

  @inline(__always) @unsafe
  static func place(of bio: UnsafeMutableRawPointer) -> UnsafeMutablePointer<CloneCore> {
    // SAFETY: the caller's bio is of a set with that much in front.
    unsafe (bio - front).assumingMemoryBound(to: CloneCore.self)
  }
}

/// The call that the macro's code makes. A driver does not use it.
public enum CloneAdapter<Handler: CloneHandler & ~Copyable> {
  /// `bi_end_io`.
  ///
  /// Contract of the block layer and of `Request.forward`: the bio has a core in front, a share in a request that is in flight, and
  /// belongs to the callback from here on.
  @inline(__always) @unsafe
  public static func ended(_ raw: UnsafeMutableRawPointer?) {
    // SAFETY: the contract above; only null is looked for, which the block layer never gives.
    guard let raw = unsafe raw else { return }
    // A device that closes waits for such readers: so no code of the driver runs any more when it has closed.
    unsafe apus_rcu_read_lock()
    // SAFETY: the contract above; the bio is put below.
    let clone = unsafe raw.assumingMemoryBound(to: bio.self)
    let core = unsafe CloneCore<Handler>.place(of: raw)
    let device = unsafe core.pointee.device.assumingMemoryBound(to: apus_device.self)
    let request = unsafe core.pointee.request.assumingMemoryBound(to: request.self)
    let offset = unsafe core.pointee.offset
    let part = RequestPart(offset: Int(offset), byteCount: unsafe Int(core.pointee.byteCount))
    // SAFETY: moved out once; nothing else of the core has an end. (As in `BioAdapter`.)
    let handler = unsafe withUnsafeMutablePointer(to: &core.pointee.handler) { unsafe $0.move() }
    let status = handler.ended(part, BlockStatus(rawValue: unsafe apus_bio_status(clone)))
    // SAFETY: the clone ends before the request, whose memory it refers to.
    unsafe apus_bio_put(clone)
    if status != .ok { unsafe RequestLayout<Handler.Driver>.data(request).pointee.fail(at: offset, status) }
    unsafe Request<Handler.Driver>.leave(request)
    // SAFETY: the bio was a user of the device's gate until here.
    unsafe apus_device_left(device)
    unsafe apus_rcu_read_unlock()
  }
}
