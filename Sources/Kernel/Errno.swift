// SPDX-License-Identifier: GPL-2.0-only
// An error of the kernel, and its conversion in both directions.
// C header: include/uapi/asm-generic/errno.h, include/linux/err.h

internal import CKernel

/// An error code of the kernel: `throws(Errno)` is how every fallible call here fails.
///
/// Invariant: `rawValue` is in `1...4095` (`MAX_ERRNO`), so that its negation is an error to every C caller.
public struct Errno: Error, Equatable, Sendable {
  /// The code as `errno.h` numbers it, positive.
  public let rawValue: CInt

  /// The largest code that an error pointer can carry. The corresponding C constant is `MAX_ERRNO`.
  static var maximum: CInt { 4095 }

  /// An error with a code of the list in `errno.h`, or nil for a number that cannot be one.
  public init?(rawValue: CInt) {
    guard rawValue >= 1, rawValue <= Errno.maximum else { return nil }
    self.rawValue = rawValue
  }

  /// One of the constants below.
  init(code: CInt) {
    // INVARIANT: the constants of errno.h are all in 1...4095.
    self.rawValue = code
  }

  /// The error that a C function reported by a negative result. A number that is no error code, which no
  /// correct C function returns, reads as an invalid argument instead of spreading.
  public init(kernelResult result: CInt) {
    // Of two's complement's one value without a negation, `0 &- x` gives itself, which is out of range.
    self = Errno(rawValue: 0 &- result) ?? .invalidArgument
  }

  /// What a callback returns to C: the code, negated.
  public var kernelResult: CInt { 0 &- rawValue }

  /// Throws if a C function's result is negative, and passes it through otherwise.
  @discardableResult
  public static func check(_ result: CInt) throws(Errno) -> CInt {
    if result < 0 { throw Errno(kernelResult: result) }
    return result
  }

  /// Runs a body and gives C its answer: 0, or the negated code that it threw.
  @inline(__always)
  public static func result(of body: () throws(Errno) -> Void) -> CInt {
    do throws(Errno) {
      try body()
      return 0
    } catch {
      return error.kernelResult
    }
  }

  public static func == (left: Errno, right: Errno) -> Bool { left.rawValue == right.rawValue }
}
