// SPDX-License-Identifier: GPL-2.0-only
// Reading single values out of a span, without a trap for a place outside.

extension RawSpan {
  /// The byte at a place, or nil outside the span.
  @inline(__always)
  public func byte(at offset: Int) -> UInt8? {
    guard offset >= 0, offset < byteCount else { return nil }
    // SAFETY: within the span by the check. (The standard library's own would be a trap.)
    return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
  }

  /// An integer of 1, 2, 4 or 8 bytes, of this machine's byte order, at a place, aligned or not.
  ///
  /// Throws: `invalidArgument` if not all of it is within the span, and for a type of another size.
  @inline(__always)
  public func load<Value: FixedWidthInteger & UnsignedInteger>(as type: Value.Type, at offset: Int) throws(Errno)
    -> Value
  {
    // The bytes become an integer of the standard library's. What the driver's type makes of that is its own affair.
    // SAFETY: each is an integer of the standard library's.
    switch MemoryLayout<Value>.size {
    case 1: Value(truncatingIfNeeded: try unsafe word(UInt8.self, at: offset))
    case 2: Value(truncatingIfNeeded: try unsafe word(UInt16.self, at: offset))
    case 4: Value(truncatingIfNeeded: try unsafe word(UInt32.self, at: offset))
    case 8: Value(truncatingIfNeeded: try unsafe word(UInt64.self, at: offset))
    default: throw .invalidArgument
    }
  }

  /// A word, whose type is one of the standard library's own integers, for which any bytes are a value.
  @inline(__always) @unsafe
  private func word<Word: BitwiseCopyable>(_ type: Word.Type, at offset: Int) throws(Errno) -> Word {
    try checkRange(offset: offset, length: MemoryLayout<Word>.size, size: byteCount)
    // SAFETY: within the span by the check.
    return unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Word.self)
  }
}
