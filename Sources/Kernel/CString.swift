// SPDX-License-Identifier: GPL-2.0-only
// A string of C's, borrowed.
// C header: include/linux/kstrtox.h

internal import CKernel

/// Bytes of C's up to a NUL, borrowed from whoever called: it cannot be kept.
///
/// Invariant: `start` is the first of `count` bytes that are followed by a NUL, all valid until the scope that
/// gave this view ends.
@safe
public struct CString: ~Copyable, ~Escapable {
  @unsafe let start: UnsafePointer<CChar>

  /// The number of bytes before the NUL.
  public let count: Int

  @_lifetime(immortal) @unsafe
  package init(_ start: UnsafePointer<CChar>) {
    // INVARIANT: the caller has a NUL-terminated string that outlives the scope.
    unsafe self.start = start
    // SAFETY: as above.
    unsafe count = strlen(start)
  }

  /// Lends the bytes and the NUL to C, which may only read them, and only during the call.
  @unsafe
  package borrowing func withCharacters<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    // SAFETY: the type's invariant.
    unsafe body(start)
  }

  /// Whether there is no byte before the NUL.
  public var isEmpty: Bool { count == 0 }

  /// The byte at a place, or nil beyond the end.
  public func byte(at index: Int) -> UInt8? {
    guard index >= 0, index < count else { return nil }
    // SAFETY: within the string by the check.
    return unsafe UInt8(bitPattern: start[index])
  }

  /// The whole string as a signed number: decimal, octal after 0, hexadecimal after 0x; one newline may end it.
  /// The corresponding C function is `kstrtoll`.
  ///
  /// Throws: `invalidArgument` if it is not a number; `outOfRange` if it does not fit.
  public func integer() throws(Errno) -> Int {
    var number: Int64 = 0
    // SAFETY: the type's invariant.
    try Errno.check(unsafe apus_parse_signed(start, &number))
    return Int(number)
  }

  /// The whole string as an unsigned number, in the same forms. The corresponding C function is `kstrtoull`.
  ///
  /// Throws: `invalidArgument` if it is not a number, a negative one too; `outOfRange` if it does not fit.
  public func unsignedInteger() throws(Errno) -> UInt {
    var number: UInt64 = 0
    // SAFETY: the type's invariant.
    try Errno.check(unsafe apus_parse_unsigned(start, &number))
    return UInt(truncatingIfNeeded: number)
  }

  /// The string as yes or no: what begins with y, n, 1, 0, on or off, in either case, as the kernel's own parameters
  /// take it. The corresponding C function is `kstrtobool`.
  ///
  /// Throws: `invalidArgument`.
  public func boolean() throws(Errno) -> Bool {
    var value = false
    // SAFETY: the type's invariant.
    try Errno.check(unsafe apus_parse_bool(start, &value))
    return value
  }
}
