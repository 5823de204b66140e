// SPDX-License-Identifier: GPL-2.0-only
// Writing text to memory of a fixed size. Text that does not fit is cut off.

/// A NUL-terminated text for C, written piece by piece. Text that does not fit is cut off.
///
/// A writer exists only within the scope that it was passed to.
///
/// Invariant: `start` is memory of `capacity` bytes, at least 1; `count < capacity`; a NUL is at
/// `count`.
@safe
public struct TextWriter: ~Copyable, ~Escapable {
  private let start: UnsafeMutablePointer<UInt8>
  private let capacity: Int

  /// The number of bytes written.
  public private(set) var count = 0

  /// Whether some text did not fit.
  public private(set) var isCut = false

  @_lifetime(immortal) @unsafe
  package init(_ start: UnsafeMutablePointer<UInt8>, capacity: Int) {
    // INVARIANT: the caller passes memory of `capacity` bytes, at least 1. The memory outlives the
    // scope.
    unsafe self.start = start
    self.capacity = capacity
    unsafe start[0] = 0
  }

  /// Appends one byte.
  @_lifetime(self: copy self)
  public mutating func append(byte: UInt8) {
    guard count &+ 1 < capacity else {
      isCut = true
      return
    }
    // SAFETY: the check above leaves room for this byte and the NUL.
    unsafe start[count] = byte
    count &+= 1
    unsafe start[count] = 0
  }

  /// Appends a literal.
  @_lifetime(self: copy self)
  public mutating func append(_ text: StaticCString) {
    var index = 0
    while let byte = text.byte(at: index) {
      append(byte: byte)
      index &+= 1
    }
  }

  /// Appends a C string.
  @_lifetime(self: copy self)
  public mutating func append(_ text: borrowing CString) {
    var index = 0
    while let byte = text.byte(at: index) {
      append(byte: byte)
      index &+= 1
    }
  }

  /// Appends a number in decimal.
  @_lifetime(self: copy self)
  public mutating func append(_ number: some FixedWidthInteger) {
    if number < 0 { append(byte: UInt8(ascii: "-")) }
    appendDecimal(UInt64(truncatingIfNeeded: number.magnitude))
  }

  // Recursive, so that the digits are written from the front. The depth is at most 20.
  @_lifetime(self: copy self)
  private mutating func appendDecimal(_ number: UInt64) {
    if number >= 10 { appendDecimal(number / 10) }
    append(byte: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number % 10))
  }
}
