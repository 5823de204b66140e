// SPDX-License-Identifier: GPL-2.0-only
// Reading single values out of a span, without a trap for a place outside.

extension RawSpan {
  /// The byte at a place, or nil outside the span.
  @inline(__always)
  public func byte(at offset: Int) -> UInt8? {
    guard offset >= 0, offset < byteCount else { return nil }
    // SAFETY: within the span by the check.
    return unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  /// An integer of this machine's byte order at a place, aligned or not.
  ///
  /// Throws: `invalidArgument` if not all of it is within the span.
  @inline(__always)
  public func load<Value: FixedWidthInteger & UnsignedInteger>(as type: Value.Type, at offset: Int) throws(Errno)
    -> Value
  {
    let size = Value.bitWidth / 8
    try checkRange(offset: offset, length: size, size: byteCount)
    var value: Value = 0
    var index = 0
    // Byte by byte, so that no bit pattern is taken for a value that it may not be; the compiler makes one load of it.
    while index < size {
      // SAFETY: within the span by the check.
      let byte = unsafe unsafeLoad(fromByteOffset: offset &+ index, as: UInt8.self)
      value |= Value(truncatingIfNeeded: byte) &<< Value(truncatingIfNeeded: index &* 8)
      index &+= 1
    }
    return value
  }
}
