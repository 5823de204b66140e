// SPDX-License-Identifier: GPL-2.0-only
// What gets a bio back that has ended.
// C header: include/linux/blk_types.h (bio_end_io_t)

internal import CKernel

/// What runs when a bio has ended: a value that travels with the bio.
///
/// Attach `@BioHandler` to the type; it writes the C callback.
///
/// The rules, and who keeps them:
/// - `ended` runs once for each submission. (The types keep it: it consumes the value.)
/// - It runs in interrupt context, or in the task that submitted, before `submit` has returned: it must not sleep, and what it
///   shares lies behind a `SpinLock` or an atomic.
public protocol BioHandler: ~Copyable, Sendable {
  /// The bio has ended, and is the handler's: to take its pages, to submit it anew (elsewhere, where one may sleep), or to drop.
  ///
  /// Context: interrupt; must not sleep.
  consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus)

  /// The C callback; written by `@BioHandler`.
  @unsafe static var bioCallback: BioCallback<Self> { get }
}

/// Writes the C callback of a bio's handler inside its type. The type conforms to `BioHandler`.
@attached(member, names: named(bioCallback))
public macro BioHandler() = #externalMacro(module: "KernelMacros", type: "CallbackMacro")

/// The C callback of one type of bio's handler: `bio_end_io_t`. It cannot be made without `unsafe`,
/// and another type's is of another type.
///
/// Invariant: `function` keeps the contract of the adapter's function for `Handler`.
@safe
public struct BioCallback<Handler: BioHandler & ~Copyable> {
  public typealias Function = @convention(c) (UnsafeMutableRawPointer?) -> Void

  let function: Function

  /// Written by the macro.
  @unsafe @inline(__always)
  public init(_ function: @escaping Function) {
    // INVARIANT: the macro's closure calls the adapter.
    unsafe self.function = function
  }
}

/// The call that the macro's code makes. A driver does not use it.
public enum BioAdapter<Handler: BioHandler & ~Copyable> {
  /// `bi_end_io`.
  ///
  /// Contract of the block layer and of `Bio.submit`: the bio has a core in front, and is the callback's from here on.
  @inline(__always) @unsafe
  public static func ended(_ raw: UnsafeMutableRawPointer?) {
    // SAFETY: the contract above; only null is looked for, which the block layer never gives.
    guard let raw = unsafe raw else { return }
    // A device that closes waits for such readers: so no code of the driver runs any more when it has closed.
    unsafe apus_rcu_read_lock()
    // SAFETY: the contract above; the room is free for the next submission after this.
    let core = unsafe BioCore<Handler>.place(of: raw)
    let device = unsafe core.pointee.device
    // SAFETY: moved out once; nothing else of the core has an end. (Taken out of the core as a whole, a value that can be copied makes the
    // compiler stop.)
    let handler = unsafe withUnsafeMutablePointer(to: &core.pointee.handler) { unsafe $0.move() }
    let status = BlockStatus(rawValue: unsafe apus_bio_status(raw.assumingMemoryBound(to: bio.self)))
    unsafe handler.ended(Bio(ended: raw), status)
    // SAFETY: the bio was a user of the device's gate until here.
    unsafe apus_device_left(device.assumingMemoryBound(to: apus_device.self))
    unsafe apus_rcu_read_unlock()
  }
}
