// SPDX-License-Identifier: GPL-2.0-only
// Bytes that may be changed, as long as a scope lasts.

internal import CKernel

/// A view of memory that its holder alone may read and change. It exists only within the scope that gave it,
/// always borrowed: it cannot be stored, returned or swapped for another.
///
/// (Not a `MutableRawSpan`: the compiler lets one of those be assigned to a longer-lived variable. See
/// Documentation, "What the compiler lets through", H1.)
///
/// Invariant: `byteCount` bytes from `start` on are mapped and exclusively this view's until its scope ends.
@safe
public struct MutableBytes: ~Copyable, ~Escapable {
  private let start: UnsafeMutableRawPointer

  /// The number of bytes.
  public let byteCount: Int

  @_lifetime(immortal) @unsafe
  package init(start: UnsafeMutableRawPointer, byteCount: Int) {
    // INVARIANT: the caller's scope keeps the memory mapped and exclusive, and hands the view out borrowed.
    unsafe self.start = start
    self.byteCount = byteCount
  }

  /// The same bytes, to read.
  ///
  /// Throws what `body` throws.
  @inline(__always)
  public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the type's invariant; the span does not outlive this call.
    try body(unsafe RawSpan(_unsafeStart: start, byteCount: byteCount))
  }

  /// Runs `body` with the address of `length` bytes at `offset`, after the one check of the range.
  ///
  /// Throws: `invalidArgument` for a range outside; then nothing ran.
  @inline(__always) @unsafe
  package borrowing func withRange(at offset: Int, length: Int, _ body: (UnsafeMutableRawPointer) -> Void) throws(Errno)
  {
    try checkRange(offset: offset, length: length, size: byteCount)
    // SAFETY: the range was just checked.
    unsafe body(start + offset)
  }

  /// Copies all of `source` to `offset`.
  ///
  /// Throws: `invalidArgument` if it does not fit; then nothing was copied.
  @inline(__always)
  public borrowing func copy(from source: RawSpan, to offset: Int = 0) throws(Errno) {
    let length = source.byteCount
    // SAFETY: the addresses stay within the closures, and the length is that of both.
    try unsafe withRange(at: offset, length: length) { destination in
      unsafe source.withUnsafeBytes { source in
        guard let source = source.baseAddress else { return }
        unsafe apus_memmove(destination, source, length)
      }
    }
  }

  /// Copies `length` bytes at `sourceOffset` of `source` to `offset`.
  ///
  /// Throws: `invalidArgument` if a range is not within the source or the destination; then nothing was copied.
  @inline(__always)
  public borrowing func copy(
    from source: RawSpan, at sourceOffset: Int, length: Int, to offset: Int
  ) throws(Errno) {
    try checkRange(offset: sourceOffset, length: length, size: source.byteCount)
    // SAFETY: the addresses stay within the closures, and both ranges were checked.
    try unsafe withRange(at: offset, length: length) { destination in
      unsafe source.withUnsafeBytes { source in
        guard let source = source.baseAddress else { return }
        unsafe apus_memmove(destination, source + sourceOffset, length)
      }
    }
  }

  /// Writes zeroes to `length` bytes from `offset` on.
  ///
  /// Throws: `invalidArgument` if they are not all within; then nothing was written.
  @inline(__always)
  public borrowing func zero(at offset: Int, length: Int) throws(Errno) {
    try fill(with: 0, at: offset, length: length)
  }

  /// Writes one value to `length` bytes from `offset` on.
  ///
  /// Throws: `invalidArgument` if they are not all within; then nothing was written.
  @inline(__always)
  public borrowing func fill(with byte: UInt8, at offset: Int, length: Int) throws(Errno) {
    // SAFETY: the address stays within the closure, and the length was checked.
    try unsafe withRange(at: offset, length: length) { destination in
      unsafe apus_memset(destination, CInt(byte), length)
    }
  }

  /// Writes an integer of 1, 2, 4 or 8 bytes, in this machine's order, to `offset`.
  ///
  /// (Integers alone, and as the library's own types: other values have padding, which holds what lay there before, and
  /// addresses.)
  ///
  /// Throws: `invalidArgument` if they are not all within, and for a type of another size; then nothing was written.
  @inline(__always)
  public borrowing func store<Value: FixedWidthInteger>(_ value: Value, at offset: Int) throws(Errno) {
    // SAFETY: each is an integer of the standard library's.
    switch MemoryLayout<Value>.size {
    case 1: try unsafe put(UInt8(truncatingIfNeeded: value), at: offset)
    case 2: try unsafe put(UInt16(truncatingIfNeeded: value), at: offset)
    case 4: try unsafe put(UInt32(truncatingIfNeeded: value), at: offset)
    case 8: try unsafe put(UInt64(truncatingIfNeeded: value), at: offset)
    default: throw .invalidArgument
    }
  }

  /// Writes the bytes of a word, which is one of the standard library's own integers.
  @inline(__always) @unsafe
  private borrowing func put<Word: BitwiseCopyable>(_ word: Word, at offset: Int) throws(Errno) {
    // SAFETY: the address stays within the closure, and there is room for the word, which has no padding.
    try unsafe withRange(at: offset, length: MemoryLayout<Word>.size) { destination in
      unsafe destination.storeBytes(of: word, as: Word.self)
    }
  }
}
