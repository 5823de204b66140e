// SPDX-License-Identifier: GPL-2.0-only
// Reading single values from a span, without a trap for an offset outside it.

extension RawSpan {
  /// The byte at an offset, or nil outside the span.
  @inline(__always)
  public func byte(at offset: Int) -> UInt8? {
    guard offset >= 0, offset < byteCount else { return nil }
    // SAFETY: within the span by the check. (The standard library's own check would emit a trap.)
    return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
  }

  /// Loads an integer of 1, 2, 4 or 8 bytes in this machine's byte order.
  ///
  /// The offset need not be aligned.
  ///
  /// Throws: `invalidArgument` if the integer is not fully within the span, and for a type of
  /// another size.
  @inline(__always)
  public func load<Value: FixedWidthInteger & UnsignedInteger>(as type: Value.Type, at offset: Int)
    throws(Errno)
    -> Value
  {
    // The bytes are loaded as an integer of the standard library and then converted. The driver's
    // type decides what the conversion does.
    // SAFETY: each type below is an integer of the standard library.
    switch MemoryLayout<Value>.size {
    case 1: Value(truncatingIfNeeded: try unsafe word(UInt8.self, at: offset))
    case 2: Value(truncatingIfNeeded: try unsafe word(UInt16.self, at: offset))
    case 4: Value(truncatingIfNeeded: try unsafe word(UInt32.self, at: offset))
    case 8: Value(truncatingIfNeeded: try unsafe word(UInt64.self, at: offset))
    default: throw .invalidArgument
    }
  }

  /// Loads a word.
  ///
  /// Its type must be an integer of the standard library, for which any bytes are a valid value.
  @inline(__always) @unsafe
  private func word<Word: BitwiseCopyable>(_ type: Word.Type, at offset: Int) throws(Errno) -> Word
  {
    try checkRange(offset: offset, length: MemoryLayout<Word>.size, size: byteCount)
    // SAFETY: within the span by the check.
    return unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Word.self)
  }
}
