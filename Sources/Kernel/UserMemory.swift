// SPDX-License-Identifier: GPL-2.0-only
// Memory of the process that called.
// C header: include/linux/uaccess.h

internal import CKernel

/// A range of the memory of the process whose system call is under way, as long as that lends it. Nothing is known about the
/// range: each copy checks that it is the process's, and fails where it is not.
///
/// What a process gave lends it: a command to a disk (`ControlCall.withMemory`), and text (`CString.withUserMemory`). So there is
/// none in a kernel thread, work or a timer, which have the memory of whatever process ran before them. A second net is below: a
/// copy in such a place, or where it must not sleep, is `badAddress` and touches nothing.
///
/// Context: the process's own call; every copy may sleep.
public struct UserMemory: ~Escapable {
  /// The first byte's address.
  public let address: UInt

  /// The number of bytes.
  public let byteCount: Int

  /// Any range, without a check. The caller owes that this task is in a call of the process's that gave the address.
  @_lifetime(immortal) @unsafe
  package init(address: UInt, byteCount: Int) {
    self.address = address
    self.byteCount = byteCount
  }

  /// The address of a range within this one.
  private func start(at offset: Int, length: Int) throws(Errno) -> UInt {
    try checkRange(offset: offset, length: length, size: byteCount)
    let (start, overflow) = address.addingReportingOverflow(UInt(bitPattern: offset))
    guard !overflow else { throw .badAddress }
    return start
  }

  /// Copies `length` bytes at `offset` into memory of the driver's. The corresponding C function is `copy_from_user`,
  /// which zeroes what it could not copy; this leaves it as it was.
  ///
  /// Throws: `invalidArgument` if a range is not within this one or the memory, and then nothing was copied; `badAddress`
  /// if the process has no such memory, and then only the bytes before it were copied.
  public func read(
    at offset: Int = 0, length: Int, into destination: borrowing MutableBytes, at destinationOffset: Int = 0
  ) throws(Errno) {
    let start = try start(at: offset, length: length)
    var left: UInt = 0
    // SAFETY: the destination's range is checked before the closure runs; the helper checks the process's.
    try unsafe destination.withRange(at: destinationOffset, length: length) { destination in
      left = unsafe apus_copy_from_user(destination, start, UInt(bitPattern: length))
    }
    if left != 0 { throw .badAddress }
  }

  /// Copies `length` bytes of the driver's to `offset`. The corresponding C function is `copy_to_user`.
  ///
  /// Throws: as `read`.
  public func write(
    at offset: Int = 0, length: Int, from source: RawSpan, at sourceOffset: Int = 0
  ) throws(Errno) {
    let start = try start(at: offset, length: length)
    try checkRange(offset: sourceOffset, length: length, size: source.byteCount)
    // SAFETY: the source's range was checked; the helper checks the process's.
    let left = unsafe source.withUnsafeBytes { source in
      guard let source = source.baseAddress else { return UInt(0) }
      return unsafe apus_copy_to_user(start, source + sourceOffset, UInt(bitPattern: length))
    }
    if left != 0 { throw .badAddress }
  }
}

extension CString {
  /// Lends memory of the process that wrote this text, whose address it gave in some way, to `body`.
  ///
  /// Throws: what `body` throws.
  /// Context: as `UserMemory`.
  public borrowing func withUserMemory<Result: ~Copyable>(
    at address: UInt, byteCount: Int, _ body: (UserMemory) throws(Errno) -> Result
  ) throws(Errno) -> Result {
    // SAFETY: a text is lent by the call that gave it, and so on that task; one that no process gave has no such memory, which
    // each copy checks.
    try body(unsafe UserMemory(address: address, byteCount: byteCount))
  }
}
