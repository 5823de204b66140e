// SPDX-License-Identifier: GPL-2.0-only
// A borrowed C string.
// C header: include/linux/kstrtox.h

internal import CKernel

/// A C string, borrowed from the caller. The driver cannot keep it.
///
/// Invariant: `start` points to `count` bytes that are followed by a NUL. All of them are valid
/// until the scope that provides this view ends.
@safe
public struct CString: ~Copyable, ~Escapable {
  @unsafe let start: UnsafePointer<CChar>

  /// The number of bytes before the NUL.
  public let count: Int

  @_lifetime(immortal) @unsafe
  package init(_ start: UnsafePointer<CChar>) {
    // INVARIANT: the caller passes a NUL-terminated string that outlives the scope.
    unsafe self.start = start
    // SAFETY: as above.
    unsafe count = strlen(start)
  }

  /// Passes the bytes and the NUL to C, which may only read them, and only during the call.
  @unsafe
  package borrowing func withCharacters<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result
  {
    // SAFETY: the bytes and the NUL stay as long as this view, which is borrowed for the call.
    unsafe body(start)
  }

  /// Whether the string is empty.
  public var isEmpty: Bool { count == 0 }

  /// The byte at an index, or nil beyond the end.
  public func byte(at index: Int) -> UInt8? {
    guard index >= 0, index < count else { return nil }
    // SAFETY: the check keeps the index within the string.
    return unsafe UInt8(bitPattern: start[index])
  }

  /// The whole string as a signed number: decimal, octal after 0, or hexadecimal after 0x.
  ///
  /// A newline may follow the number. The corresponding C function is `kstrtoll`.
  ///
  /// Throws: `invalidArgument` if the string is not a number; `outOfRange` if the number does not
  /// fit.
  public func integer() throws(Errno) -> Int {
    var number: Int64 = 0
    // SAFETY: the text ends with a NUL, where C stops, and stays as long as this view.
    try Errno.check(unsafe apus_parse_signed(start, &number))
    return Int(number)
  }

  /// The whole string as an unsigned number, in the same formats as `integer()`.
  /// The corresponding C function is `kstrtoull`.
  ///
  /// Throws: `invalidArgument` if the string is not a number, or is a negative one; `outOfRange` if
  /// the number does not fit.
  public func unsignedInteger() throws(Errno) -> UInt {
    var number: UInt64 = 0
    // SAFETY: the text ends with a NUL, where C stops, and stays as long as this view.
    try Errno.check(unsafe apus_parse_unsigned(start, &number))
    return UInt(truncatingIfNeeded: number)
  }

  /// The string as a boolean, parsed as the kernel's own parameters are: true if it begins with y,
  /// t, 1 or on, false if it begins with n, f, 0 or of, in upper or lower case.
  /// The corresponding C function is `kstrtobool`.
  ///
  /// Throws: `invalidArgument` for any other string.
  public func boolean() throws(Errno) -> Bool {
    var value = false
    // SAFETY: the text ends with a NUL, where C stops, and stays as long as this view.
    try Errno.check(unsafe apus_parse_bool(start, &value))
    return value
  }

  /// The number of bytes without the newline at the end, if there is one: `echo` appends it.
  public var lineCount: Int { byte(at: count &- 1) == UInt8(ascii: "\n") ? count &- 1 : count }

  /// Whether the string equals the text, apart from a newline at the end of the string.
  /// The corresponding C function is `sysfs_streq`.
  public func isLine(_ text: StaticCString) -> Bool {
    guard lineCount == text.count else { return false }
    var index = 0
    while let byte = text.byte(at: index) {
      if byte != self.byte(at: index) { return false }
      index &+= 1
    }
    return true
  }

  /// The index of the first occurrence of a byte at or after `start`, or nil.
  /// The corresponding C function is `strchr`.
  public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    var index = max(start, 0)
    while let other = self.byte(at: index) {
      if other == byte { return index }
      index &+= 1
    }
    return nil
  }

  /// The bytes from `start` up to `end`, or to the end of the string, as an unsigned number:
  /// decimal, octal after 0, or hexadecimal after 0x.
  ///
  /// A newline may follow the number.
  /// The corresponding C function is `kstrtoull`.
  ///
  /// Throws: `invalidArgument` if the bytes are not a number, are more than 31, or are not within
  /// the string; `outOfRange` if the number does not fit.
  public func unsignedInteger(from start: Int, to end: Int? = nil) throws(Errno) -> UInt64 {
    let end = end ?? count
    // A 64-bit number has at most 22 octal digits. A 0 precedes them and a newline may follow.
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
    // SAFETY: at most 31 bytes were copied, so a NUL follows them.
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
