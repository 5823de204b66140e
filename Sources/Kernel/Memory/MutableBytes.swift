// SPDX-License-Identifier: GPL-2.0-only
// Mutable bytes, for the duration of a scope.

internal import CKernel

/// A view with exclusive access to memory.
///
/// It exists only within the scope that provides it, always borrowed: the driver cannot store it,
/// return it or swap it for another view.
///
/// (Not a `MutableRawSpan`: the compiler lets code assign one of those to a longer-lived variable.
/// See Documentation, "What the compiler lets through", H1.)
///
/// Invariant: `byteCount` bytes starting at `start` are mapped, and only this view accesses them
/// until its scope ends.
@safe
public struct MutableBytes: ~Copyable, ~Escapable {
  private let start: UnsafeMutableRawPointer

  /// The number of bytes.
  public let byteCount: Int

  @_lifetime(immortal) @unsafe
  package init(start: UnsafeMutableRawPointer, byteCount: Int) {
    // INVARIANT: the caller's scope keeps the memory mapped and exclusive, and lends the view only
    // as a borrow.
    unsafe self.start = start
    self.byteCount = byteCount
  }

  /// Calls `body` with a read-only span of the same bytes.
  ///
  /// Throws what `body` throws.
  @inline(__always)
  public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the type's invariant; the span does not outlive this call.
    try body(unsafe RawSpan(_unsafeStart: start, byteCount: byteCount))
  }

  /// Calls `body` with the address of `length` bytes at `offset`, after checking the range.
  ///
  /// Throws: `invalidArgument` if the range is out of bounds; `body` is not called then.
  @inline(__always) @unsafe
  package borrowing func withRange(
    at offset: Int, length: Int, _ body: (UnsafeMutableRawPointer) -> Void
  ) throws(Errno) {
    try checkRange(offset: offset, length: length, size: byteCount)
    // SAFETY: the range was checked above.
    unsafe body(start + offset)
  }

  /// Copies all of `source` to `offset`.
  ///
  /// Throws: `invalidArgument` if it does not fit; then nothing was copied.
  @inline(__always)
  public borrowing func copy(from source: RawSpan, to offset: Int = 0) throws(Errno) {
    let length = source.byteCount
    // SAFETY: the addresses do not leave the closures, and both ranges have this length.
    try unsafe withRange(at: offset, length: length) { destination in
      unsafe source.withUnsafeBytes { source in
        guard let source = source.baseAddress else { return }
        unsafe apus_memmove(destination, source, length)
      }
    }
  }

  /// Copies `length` bytes at `sourceOffset` of `source` to `offset`.
  ///
  /// Throws: `invalidArgument` if either range is out of bounds; then nothing was copied.
  @inline(__always)
  public borrowing func copy(
    from source: RawSpan, at sourceOffset: Int, length: Int, to offset: Int
  ) throws(Errno) {
    try checkRange(offset: sourceOffset, length: length, size: source.byteCount)
    // SAFETY: the addresses do not leave the closures, and both ranges were checked.
    try unsafe withRange(at: offset, length: length) { destination in
      unsafe source.withUnsafeBytes { source in
        guard let source = source.baseAddress else { return }
        unsafe apus_memmove(destination, source + sourceOffset, length)
      }
    }
  }

  /// Writes zeroes to `length` bytes at `offset`.
  ///
  /// Throws: `invalidArgument` if the range is out of bounds; then nothing was written.
  @inline(__always)
  public borrowing func zero(at offset: Int, length: Int) throws(Errno) {
    try fill(with: 0, at: offset, length: length)
  }

  /// Sets each of `length` bytes at `offset` to one value.
  ///
  /// Throws: `invalidArgument` if the range is out of bounds; then nothing was written.
  @inline(__always)
  public borrowing func fill(with byte: UInt8, at offset: Int, length: Int) throws(Errno) {
    // SAFETY: the address does not leave the closure, and the range was checked.
    try unsafe withRange(at: offset, length: length) { destination in
      unsafe apus_memset(destination, CInt(byte), length)
    }
  }

  /// Writes an integer of 1, 2, 4 or 8 bytes to `offset`, in native byte order.
  ///
  /// (Only integers, converted to a type of the standard library. Other types may have padding,
  /// which would expose stale memory, or may contain addresses.)
  ///
  /// Throws: `invalidArgument` if the range is out of bounds, or for a type of another size; then
  /// nothing was written.
  @inline(__always)
  public borrowing func store<Value: FixedWidthInteger>(_ value: Value, at offset: Int)
    throws(Errno)
  {
    // SAFETY: each word is an integer type of the standard library.
    switch MemoryLayout<Value>.size {
    case 1: try unsafe put(UInt8(truncatingIfNeeded: value), at: offset)
    case 2: try unsafe put(UInt16(truncatingIfNeeded: value), at: offset)
    case 4: try unsafe put(UInt32(truncatingIfNeeded: value), at: offset)
    case 8: try unsafe put(UInt64(truncatingIfNeeded: value), at: offset)
    default: throw .invalidArgument
    }
  }

  /// Writes the bytes of a word, which has an integer type of the standard library.
  @inline(__always) @unsafe
  private borrowing func put<Word: BitwiseCopyable>(_ word: Word, at offset: Int) throws(Errno) {
    // SAFETY: the address does not leave the closure, and the range has room for the word, which
    // has no padding.
    try unsafe withRange(at: offset, length: MemoryLayout<Word>.size) { destination in
      unsafe destination.storeBytes(of: word, as: Word.self)
    }
  }
}
