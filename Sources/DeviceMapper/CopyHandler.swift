// SPDX-License-Identifier: GPL-2.0-only
// What runs when a copy has ended.
// C header: include/linux/dm-kcopyd.h (dm_kcopyd_notify_fn)

internal import CKernel
internal import Kernel

/// How a copy went.
public struct CopyResult: Equatable, Sendable {
  /// Whether it could not be read.
  public let readFailed: Bool

  /// Where it could not be written.
  public let writeErrors: RegionErrors

  /// A result of the driver's own, for a `PreparedCopyCall`.
  public init(readFailed: Bool, writeErrors: RegionErrors = .none) {
    self.readFailed = readFailed
    self.writeErrors = writeErrors
  }

  /// Without an error.
  public static var success: CopyResult { CopyResult(readFailed: false) }

  /// Whether all was read, and written everywhere.
  public var isSuccess: Bool { !readFailed && writeErrors.isEmpty }

  public static func == (left: CopyResult, right: CopyResult) -> Bool {
    left.readFailed == right.readFailed && left.writeErrors == right.writeErrors
  }
}

/// What runs when a copy has ended: a value that travels with it.
///
/// Attach `@CopyHandler` to the type; it writes the C callback.
///
/// The rules, and who keeps them:
/// - `ended` runs once for each copy. (The types keep it: it consumes the value.)
/// - The handlers of one client run one after the other, in a thread of the kernel's. (kcopyd keeps it.)
/// - A client is not ended by a handler of its own, which it would wait for. (`CopyClient` stops it with a report.)
public protocol CopyHandler: ~Copyable, Sendable {
  /// The copy has ended.
  ///
  /// Context: process context; may sleep, though the client's other copies wait meanwhile.
  consuming func ended(_ result: CopyResult)

  /// The C callback; written by `@CopyHandler`.
  @unsafe static var copyCallback: CopyCallback<Self> { get }
}

/// Writes the C callback of a copy's handler inside its type. The type conforms to `CopyHandler`.
@attached(member, names: named(copyCallback))
public macro CopyHandler() = #externalMacro(module: "KernelMacros", type: "CallbackMacro")

/// The C callback of one type of copy's handler: `dm_kcopyd_notify_fn`. It cannot be made without
/// `unsafe`, and another type's is of another type.
///
/// Invariant: `function` keeps the contract of the adapter's function for `Handler`.
@safe
public struct CopyCallback<Handler: CopyHandler & ~Copyable> {
  public typealias Function = @convention(c) (CInt, UInt, UnsafeMutableRawPointer?) -> Void

  let function: Function

  /// Written by the macro.
  @unsafe @inline(__always)
  public init(_ function: @escaping Function) {
    // INVARIANT: the macro's closure calls the adapter.
    unsafe self.function = function
  }
}

/// What kcopyd hands back to the callback.
///
/// Invariant: `copy` is as `CopyClient` filled it in; it comes first, for C.
@safe
struct CopyCore<Handler: CopyHandler & ~Copyable>: ~Copyable {
  var copy: apus_copy
  var handler: Handler
}

/// The call that the macro's code makes. A driver does not use it.
public enum CopyAdapter<Handler: CopyHandler & ~Copyable> {
  /// `dm_kcopyd_notify_fn`.
  ///
  /// Contract of kcopyd and of `CopyClient`: `raw` was a box with a core, which is the callback's from here on.
  @inline(__always) @unsafe
  public static func ended(_ readError: CInt, _ writeErrors: UInt, _ raw: UnsafeMutableRawPointer?) {
    // SAFETY: the contract above; only null is looked for, which kcopyd never gives.
    guard let core = unsafe raw?.assumingMemoryBound(to: CopyCore<Handler>.self) else { return }
    var copy = unsafe core.pointee.copy
    let count = unsafe Int(copy.to.count)
    // (Of a copy that could not even be begun kcopyd says that all places failed, and of a prepared call what the driver said.)
    let result = CopyResult(
      readFailed: readError != 0,
      writeErrors: RegionErrors(rawValue: writeErrors, of: count > 0 ? count : Regions.maximumCount))
    // SAFETY: the contract above: the value is moved out once, and its memory is freed before it runs; nothing else of the core has an end. (Taken
    // out of the core as a whole, a value that can be copied makes the compiler stop.)
    let handler = unsafe withUnsafeMutablePointer(to: &core.pointee.handler) { unsafe $0.move() }
    unsafe apus_kfree(core)
    unsafe apus_copy_begin_handler(&copy)
    handler.ended(result)
    // SAFETY: the copy was a user of the gates until here.
    unsafe apus_copy_end_handler(&copy)
  }
}
