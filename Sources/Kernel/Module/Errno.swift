// SPDX-License-Identifier: GPL-2.0-only
// A kernel error code, and its conversion in both directions.
// C header: include/uapi/asm-generic/errno.h, include/linux/err.h

internal import CKernel

/// A kernel error code. Every function of Apus that can fail throws it, as `throws(Errno)`.
///
/// The codes are those of user space, `1...133`. The kernel's internal codes (512 and above, in
/// include/linux/errno.h) are not among them, because they are commands to the kernel's own code:
/// the kernel stops if a file's `write_iter` returns `-EIOCBQUEUED`, for example.
///
/// Invariant: `rawValue` is in `1...133`, so every C caller takes its negation for an error, and
/// user space may see it.
public struct Errno: Error, Equatable, Sendable {
  /// The positive code, as in `errno.h`.
  public let rawValue: CInt

  /// The largest code of user space. The corresponding C constant is `EHWPOISON`.
  static var maximum: CInt { 133 }

  /// Creates an error from a code in `errno.h`. Returns nil for a number that is none of these
  /// codes, and for the kernel's internal codes.
  public init?(rawValue: CInt) {
    guard rawValue >= 1, rawValue <= Errno.maximum else { return nil }
    self.rawValue = rawValue
  }

  /// Creates one of the constants in Errno+Constants.swift.
  init(code: CInt) {
    // INVARIANT: the constants of errno.h are all in 1...133.
    self.rawValue = code
  }

  /// Creates the error that a C function reported by a negative result.
  ///
  /// Of the kernel's internal codes, `ENOTSUPP` becomes `notSupported`, and those that ask for the
  /// system call to be started again after a signal become `interrupted`. Every other number that
  /// is no code of user space becomes `invalidArgument`; no correct C function returns one.
  public init(kernelResult result: CInt) {
    // `0 &- x` is `x` itself for the smallest integer, which has no negation and is out of range.
    let code = 0 &- result
    if let error = Errno(rawValue: code) {
      self = error
    } else if code == 524 {
      // ENOTSUPP.
      self = .notSupported
    } else if code >= 512, code <= 516, code != 515 {
      // ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND and ERESTART_RESTARTBLOCK.
      self = .interrupted
    } else {
      self = .invalidArgument
    }
  }

  /// The result that a callback returns to C: the negated code.
  public var kernelResult: CInt { 0 &- rawValue }

  /// Throws if the result of a C function is negative. Otherwise returns the result.
  @discardableResult
  public static func check(_ result: CInt) throws(Errno) -> CInt {
    if result < 0 { throw Errno(kernelResult: result) }
    return result
  }

  /// Calls `body` and returns the result for C: 0, or the negated code that `body` threw.
  @inline(__always)
  public static func result(of body: () throws(Errno) -> Void) -> CInt {
    do throws(Errno) {
      try body()
      return 0
    } catch {
      return error.kernelResult
    }
  }

  /// Whether both are the same error code.
  public static func == (left: Errno, right: Errno) -> Bool { left.rawValue == right.rawValue }
}
