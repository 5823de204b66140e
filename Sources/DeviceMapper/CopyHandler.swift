// SPDX-License-Identifier: GPL-2.0-only
// The handler of a copy's completion.
// C header: include/linux/dm-kcopyd.h (dm_kcopyd_notify_fn)

internal import CKernel
internal import Kernel

/// The result of a copy.
public struct CopyResult: Equatable, Sendable {
  /// Whether a read failed.
  public let readFailed: Bool

  /// The places at which a write failed.
  public let writeErrors: RegionErrors

  /// Creates a result, for a `PreparedCopyCall`.
  public init(readFailed: Bool, writeErrors: RegionErrors = .none) {
    self.readFailed = readFailed
    self.writeErrors = writeErrors
  }

  /// The result of a copy without errors.
  public static var success: CopyResult { CopyResult(readFailed: false) }

  /// Whether all data was read, and written to all places.
  public var isSuccess: Bool { !readFailed && writeErrors.isEmpty }

  /// Whether both report the same failures.
  public static func == (left: CopyResult, right: CopyResult) -> Bool {
    left.readFailed == right.readFailed && left.writeErrors == right.writeErrors
  }
}

/// A handler of a copy's completion: a value that travels with the copy.
///
/// Attach `@CopyHandler` to the type; it writes the C callback.
///
/// The rules, and what enforces them:
/// - `ended` runs once for each copy. (The types enforce it: `ended` consumes the value.)
/// - The handlers of one client run one after another, in a kernel thread. (kcopyd ensures it.)
/// - A handler must not destroy its own client, as that would wait for the handler. (`CopyClient`
///   stops the task with a report instead.)
public protocol CopyHandler: ~Copyable, Sendable {
  /// The copy has completed.
  ///
  /// Context: process context; may sleep, though the client's other copies wait meanwhile.
  consuming func ended(_ result: CopyResult)

  /// The C callback; written by `@CopyHandler`.
  @unsafe static var copyCallback: CopyCallback<Self> { get }
}

/// Writes the C callback of a copy's handler inside its type. The type conforms to `CopyHandler`.
@attached(member, names: named(copyCallback))
public macro CopyHandler() = #externalMacro(module: "KernelMacros", type: "CallbackMacro")

/// The C callback for one type of copy handler: `dm_kcopyd_notify_fn`. Making one requires
/// `unsafe`, and the callback of another handler has another type.
///
/// Invariant: `function` keeps the contract of the adapter's function for `Handler`.
@safe
public struct CopyCallback<Handler: CopyHandler & ~Copyable> {
  /// The type of the C callback: the read error, the bits of the failed places, and the context.
  /// The corresponding C type is `dm_kcopyd_notify_fn`.
  public typealias Function = @convention(c) (CInt, UInt, UnsafeMutableRawPointer?) -> Void

  let function: Function

  /// Written by the macro.
  @unsafe @inline(__always)
  public init(_ function: @escaping Function) {
    // INVARIANT: the macro's closure calls the adapter.
    unsafe self.function = function
  }
}

/// The context that kcopyd passes to the callback.
///
/// Invariant: `copy` is as `CopyClient` filled it in; it is the first field, for C.
@safe
struct CopyContext<Handler: CopyHandler & ~Copyable>: ~Copyable {
  var copy: apus_copy
  var handler: Handler
}

/// The function that the macro's code calls. A driver does not use it.
public enum CopyAdapter<Handler: CopyHandler & ~Copyable> {
  /// `dm_kcopyd_notify_fn`.
  ///
  /// Contract of kcopyd and of `CopyClient`: `raw` was a box with a context, which the callback
  /// owns from here on.
  @inline(__always) @unsafe
  public static func ended(_ readError: CInt, _ writeErrors: UInt, _ raw: UnsafeMutableRawPointer?)
  {
    // SAFETY: the contract above; this only checks for null, which kcopyd never passes.
    guard let context = unsafe raw?.assumingMemoryBound(to: CopyContext<Handler>.self) else {
      return
    }
    var copy = unsafe context.pointee.copy
    let count = unsafe Int(copy.to.count)
    // For a copy that it could not start, kcopyd reports that all places failed. For a prepared
    // call, it passes on the driver's result.
    let result = CopyResult(
      readFailed: readError != 0,
      writeErrors: RegionErrors(rawValue: writeErrors, of: count > 0 ? count : Regions.maximumCount)
    )
    // SAFETY: the contract above: the handler is moved out once, and its memory is freed before it
    // runs; no other field of the context needs a deinitialiser. (The compiler fails if the whole
    // context is moved out and the handler is copyable.)
    let handler = unsafe withUnsafeMutablePointer(to: &context.pointee.handler) { unsafe $0.move() }
    unsafe apus_kfree(context)
    unsafe apus_copy_begin_handler(&copy)
    handler.ended(result)
    // SAFETY: the copy held the in-flight references until here.
    unsafe apus_copy_end_handler(&copy)
  }
}
