// SPDX-License-Identifier: GPL-2.0-only
// The handler of a bio's completion.
// C header: include/linux/blk_types.h (bio_end_io_t)

internal import CKernel

/// A handler of a bio's completion: a value that travels with the bio.
///
/// Attach `@BioHandler` to the type; it writes the C callback.
///
/// The rules, and what enforces them:
/// - `ended` runs once for each submission. (The types enforce it: `ended` consumes the value.)
/// - It runs in interrupt context, or in the submitting task before `submit` has returned. It must
///   not sleep, and protects shared state with a `SpinLockIRQ` or atomics. (The driver ensures it.)
public protocol BioHandler: ~Copyable, Sendable {
  /// The bio has completed, and the handler owns it: the handler can take its pages, pass it on to
  /// be submitted again in a context that may sleep, or drop it.
  ///
  /// Context: interrupt; must not sleep.
  consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus)

  /// The C callback; written by `@BioHandler`.
  @unsafe static var bioCallback: BioCallback<Self> { get }
}

/// Writes the C callback of a bio's handler inside its type. The type conforms to `BioHandler`.
@attached(member, names: named(bioCallback))
public macro BioHandler() = #externalMacro(module: "KernelMacros", type: "CallbackMacro")

/// The C callback for one type of bio handler: `bio_end_io_t`. Making one requires `unsafe`, and
/// the callback of another handler has another type.
///
/// Invariant: `function` keeps the contract of the adapter's function for `Handler`.
@safe
public struct BioCallback<Handler: BioHandler & ~Copyable> {
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

/// The function that the macro's code calls. A driver does not use it.
public enum BioAdapter<Handler: BioHandler & ~Copyable> {
  /// `bi_end_io`.
  ///
  /// Contract of the block layer and of `Bio.submit`: the bio has a context in front, and the
  /// callback owns it from here on.
  @inline(__always) @unsafe
  public static func ended(_ raw: UnsafeMutableRawPointer?) {
    // SAFETY: the contract above; this only checks for null, which the block layer never passes.
    guard let raw = unsafe raw else { return }
    // Closing the device waits for a grace period, so no code of the driver runs here after it has
    // closed.
    unsafe apus_rcu_read_lock()
    // SAFETY: the contract above; the room in front is free for the next submission after this.
    let context = unsafe BioContext<Handler>.place(of: raw)
    let device = unsafe context.pointee.device
    // SAFETY: moved out once; no other field of the context needs a deinitialiser. (The compiler
    // fails if the whole context is moved out and the handler is copyable.)
    let handler = unsafe withUnsafeMutablePointer(to: &context.pointee.handler) { unsafe $0.move() }
    let status = BlockStatus(
      rawValue: unsafe apus_bio_status(raw.assumingMemoryBound(to: bio.self)))
    unsafe handler.ended(Bio(ended: raw), status)
    // SAFETY: the device's in-flight count included the bio until here.
    unsafe apus_device_left(device.assumingMemoryBound(to: apus_device.self))
    unsafe apus_rcu_read_unlock()
  }
}
