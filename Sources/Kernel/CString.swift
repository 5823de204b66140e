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

  /// The number of bytes before the newline that may end the string: `echo` puts one there.
  public var lineCount: Int { byte(at: count &- 1) == UInt8(ascii: "\n") ? count &- 1 : count }

  /// Whether the string is this text, with or without a newline behind it. The corresponding C function is `sysfs_streq`.
  public func isLine(_ text: Literal) -> Bool {
    guard lineCount == text.count else { return false }
    var index = 0
    while let byte = text.byte(at: index) {
      if byte != self.byte(at: index) { return false }
      index &+= 1
    }
    return true
  }

  /// Where a byte first occurs from a place on, or nil. The corresponding C function is `strchr`.
  public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    var index = max(start, 0)
    while let other = self.byte(at: index) {
      if other == byte { return index }
      index &+= 1
    }
    return nil
  }

  /// The bytes from one place up to another, or up to the end, as an unsigned number: decimal, octal after 0, hexadecimal
  /// after 0x; one newline may end it. The corresponding C function is `kstrtoull`.
  ///
  /// Throws: `invalidArgument` if they are not a number, or not within the string; `outOfRange` if it does not fit.
  public func unsignedInteger(from start: Int, to end: Int? = nil) throws(Errno) -> UInt64 {
    let end = end ?? count
    // A number of 64 bits has 22 octal digits at most, with a 0 before and a newline behind them.
    var digits = InlineArray<32, UInt8>(repeating: 0)
    guard start >= 0, end > start, end <= count, end &- start < 32 else { throw .invalidArgument }
    var index = 0
    while index < end &- start, index < 32, let byte = byte(at: start &+ index) {
      digits[index] = byte
      index &+= 1
    }
    var number: UInt64 = 0
    var result: CInt = 0
    let span = digits.span
    // SAFETY: at most 31 bytes were copied, so there is a NUL behind them.
    unsafe span.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      unsafe base.withMemoryRebound(to: CChar.self, capacity: 32) { text in
        result = unsafe apus_parse_unsigned(text, &number)
      }
    }
    try Errno.check(result)
    return number
  }
}
