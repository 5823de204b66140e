// SPDX-License-Identifier: GPL-2.0-only
// Memory of the process that made the current system call.
// C header: include/linux/uaccess.h

internal import CKernel

/// A range of the memory of the process that made the current system call.
///
/// It is valid only during that call.
///
/// The range itself is not checked. Each copy checks that the range belongs to the process, and
/// fails if it does not.
///
/// A driver gets user memory from a call of the process: an ioctl on a disk
/// (`Ioctl.withMemory`), or a text that the process wrote (`CString.withUserMemory`). So none
/// is available in a kernel thread, a work item or a timer, which run with the memory of an
/// arbitrary process. As a second check, a copy in such a context, or in one that must not sleep,
/// throws `badAddress` and accesses nothing.
///
/// Context: the process's own call; every copy may sleep.
public struct UserMemory: ~Escapable {
  /// The address of the first byte.
  public let address: UInt

  /// The number of bytes.
  public let byteCount: Int

  /// Makes a range without a check.
  ///
  /// The caller ensures that the current task is in a call of the process that passed the address.
  @_lifetime(immortal) @unsafe
  package init(address: UInt, byteCount: Int) {
    self.address = address
    self.byteCount = byteCount
  }

  /// The address of a part of this range.
  private func start(at offset: Int, length: Int) throws(Errno) -> UInt {
    try checkRange(offset: offset, length: length, size: byteCount)
    let (start, overflow) = address.addingReportingOverflow(UInt(bitPattern: offset))
    guard !overflow else { throw .badAddress }
    return start
  }

  /// Copies `length` bytes at `offset` to memory of the driver.
  ///
  /// The corresponding C function is `copy_from_user`, which zeroes the bytes that it could not
  /// copy. This leaves them unchanged.
  ///
  /// Throws: `invalidArgument` if a range is not within this one or the memory, and then nothing
  /// was copied; `badAddress` if the process has no such memory, and then only the bytes before it
  /// were copied.
  public func read(
    at offset: Int = 0, length: Int, into destination: borrowing MutableBytes,
    at destinationOffset: Int = 0
  ) throws(Errno) {
    let start = try start(at: offset, length: length)
    var left: UInt = 0
    // SAFETY: the destination's range is checked before the closure runs; the helper checks the
    // process's range.
    try unsafe destination.withRange(at: destinationOffset, length: length) { destination in
      left = unsafe apus_copy_from_user(destination, start, UInt(bitPattern: length))
    }
    if left != 0 { throw .badAddress }
  }

  /// Copies `length` bytes of the driver to `offset`.
  ///
  /// The corresponding C function is `copy_to_user`.
  ///
  /// Throws: as `read`.
  public func write(
    at offset: Int = 0, length: Int, from source: RawSpan, at sourceOffset: Int = 0
  ) throws(Errno) {
    let start = try start(at: offset, length: length)
    try checkRange(offset: sourceOffset, length: length, size: source.byteCount)
    // SAFETY: the source's range was checked; the helper checks the process's range.
    let left = unsafe source.withUnsafeBytes { source in
      guard let source = source.baseAddress else { return UInt(0) }
      return unsafe apus_copy_to_user(start, source + sourceOffset, UInt(bitPattern: length))
    }
    if left != 0 { throw .badAddress }
  }
}

extension CString {
  /// Passes memory of the process that wrote this text to `body`.
  ///
  /// The process provides the address, for example in the text.
  ///
  /// Throws: what `body` throws.
  /// Context: as `UserMemory`.
  public borrowing func withUserMemory<Result: ~Copyable>(
    at address: UInt, byteCount: Int, _ body: (UserMemory) throws(Errno) -> Result
  ) throws(Errno) -> Result {
    // SAFETY: a text is valid only during the call that passed it, and so only on that task. A text
    // that no process wrote has no user memory, which each copy checks.
    try body(unsafe UserMemory(address: address, byteCount: byteCount))
  }
}
