// SPDX-License-Identifier: GPL-2.0-only
// A kernel error code, and its conversion in both directions.
// C header: include/uapi/asm-generic/errno.h, include/linux/err.h

internal import CKernel

/// A kernel error code. Every function of Apus that can fail throws it, as `throws(Errno)`.
///
/// Invariant: `rawValue` is in `1...4095` (`MAX_ERRNO`), so every C caller takes its negation for
/// an error.
public struct Errno: Error, Equatable, Sendable {
  /// The positive code, as in `errno.h`.
  public let rawValue: CInt

  /// The largest code that an error pointer can carry. The corresponding C constant is `MAX_ERRNO`.
  static var maximum: CInt { 4095 }

  /// Creates an error from a code in `errno.h`. Returns nil for a number that cannot be a code.
  public init?(rawValue: CInt) {
    guard rawValue >= 1, rawValue <= Errno.maximum else { return nil }
    self.rawValue = rawValue
  }

  /// Creates one of the constants in Errno+Constants.swift.
  init(code: CInt) {
    // INVARIANT: the constants of errno.h are all in 1...4095.
    self.rawValue = code
  }

  /// Creates the error that a C function reported by a negative result.
  ///
  /// A number that is no error code becomes `invalidArgument`; no correct C function returns one.
  public init(kernelResult result: CInt) {
    // `0 &- x` is `x` itself for the smallest integer, which has no negation and is out of range.
    self = Errno(rawValue: 0 &- result) ?? .invalidArgument
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
