// SPDX-License-Identifier: GPL-2.0-only
// An ioctl command from a program to a disk.
// C header: include/uapi/asm-generic/ioctl.h

internal import CKernel
public import Kernel

/// The number of an ioctl command, as the C macros `_IO`, `_IOR`, `_IOW` and `_IOWR` encode it.
public struct IoctlCommand: Equatable, Sendable {
  /// The number as the kernel passes it. Some old commands do not divide it into direction, size,
  /// type and number.
  public let rawValue: UInt32

  /// Makes a command from any number: old commands do not follow the encodings below.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  private init(_ direction: UInt32, _ type: UInt8, _ number: UInt8, _ byteCount: Int) {
    // (A size of more than 14 bits becomes 0.)
    let size = byteCount >= 0 && byteCount < 1 << 14 ? UInt32(truncatingIfNeeded: byteCount) : 0
    rawValue = direction &<< 30 | size &<< 16 | UInt32(type) &<< 8 | UInt32(number)
  }

  /// A command without caller memory. The corresponding C macro is `_IO`.
  public static func plain(_ type: UInt8, _ number: UInt8) -> IoctlCommand {
    IoctlCommand(0, type, number, 0)
  }

  /// A command that returns `byteCount` bytes to the caller. The corresponding C macro is `_IOR`.
  public static func giving(_ type: UInt8, _ number: UInt8, byteCount: Int) -> IoctlCommand {
    IoctlCommand(2, type, number, byteCount)
  }

  /// A command that takes `byteCount` bytes from the caller. The corresponding C macro is `_IOW`.
  public static func taking(_ type: UInt8, _ number: UInt8, byteCount: Int) -> IoctlCommand {
    IoctlCommand(1, type, number, byteCount)
  }

  /// A command that takes and returns `byteCount` bytes. The corresponding C macro is `_IOWR`.
  public static func exchanging(_ type: UInt8, _ number: UInt8, byteCount: Int) -> IoctlCommand {
    IoctlCommand(3, type, number, byteCount)
  }

  /// The letter of the driver.
  public var type: UInt8 { UInt8(truncatingIfNeeded: rawValue &>> 8) }

  /// The number of the command within its type.
  public var number: UInt8 { UInt8(truncatingIfNeeded: rawValue) }

  /// The size of the caller's memory in bytes: at most 16383.
  public var byteCount: Int { Int(rawValue &>> 16 & 0x3fff) }

  /// Whether both have the same number, including direction and size.
  public static func == (left: IoctlCommand, right: IoctlCommand) -> Bool {
    left.rawValue == right.rawValue
  }
}

/// An ioctl call to a disk: the command, its argument, and the caller's memory if the argument is
/// an address. The value exists only during the call.
///
/// The caller's memory has `command.byteCount` bytes and can only be copied. The kernel has not
/// checked the address, so each copy checks that it is an address of the caller.
@safe
public struct Ioctl: ~Copyable, ~Escapable {
  /// The command. A driver throws `inappropriateForDevice` for one that it does not know.
  public let command: IoctlCommand

  /// The argument as a number; 32 bits from a 32-bit program.
  public let argument: UInt

  private let mode: UInt32

  @_lifetime(immortal)
  init(_ command: IoctlCommand, _ argument: UInt, _ mode: UInt32) {
    self.command = command
    self.argument = argument
    self.mode = mode
  }

  /// The mode in which the disk was opened.
  public var openMode: OpenMode { OpenMode(rawValue: mode) }

  /// Whether the program is a 32-bit program, in whose memory structures may have another layout.
  public var isFrom32Bits: Bool { mode & APUS_OPEN_COMPAT.rawValue != 0 }

  /// Whether the caller may administer the system. The corresponding C function is
  /// `capable(CAP_SYS_ADMIN)`.
  public var isByAdministrator: Bool {
    // SAFETY: the function reads the current task.
    unsafe capable(CInt(CAP_SYS_ADMIN))
  }

  /// Lends other memory of the caller to `body`: memory whose address is in a structure of the
  /// command.
  ///
  /// Throws: what `body` throws.
  public borrowing func withMemory<Result: ~Copyable>(
    at address: UInt, byteCount: Int, _ body: (UserMemory) throws(Errno) -> Result
  ) throws(Errno) -> Result {
    // SAFETY: the call belongs to the current task and lasts as long as this value, which cannot
    // leave the call.
    try body(unsafe UserMemory(address: address, byteCount: byteCount))
  }

  /// Copies `length` bytes at `offset` of the caller's memory. The corresponding C function is
  /// `copy_from_user`.
  ///
  /// Throws: `invalidArgument` if a range is outside the command's memory or the destination;
  /// nothing was copied then. `badAddress` if the caller has no memory at the address; only the
  /// bytes before it were copied then.
  public borrowing func read(
    at offset: Int = 0, length: Int, into destination: borrowing MutableBytes,
    at destinationOffset: Int = 0
  ) throws(Errno) {
    // SAFETY: as in `withMemory`.
    try unsafe UserMemory(address: argument, byteCount: command.byteCount).read(
      at: offset, length: length, into: destination, at: destinationOffset)
  }

  /// Copies `length` bytes to `offset` of the caller's memory. The corresponding C function is
  /// `copy_to_user`.
  ///
  /// Throws: as `read`.
  public borrowing func write(
    at offset: Int = 0, length: Int, from source: RawSpan, at sourceOffset: Int = 0
  ) throws(Errno) {
    // SAFETY: as in `withMemory`.
    try unsafe UserMemory(address: argument, byteCount: command.byteCount).write(
      at: offset, length: length, from: source, at: sourceOffset)
  }

  /// Copies an integer of 1, 2, 4 or 8 bytes at `offset` of the caller's memory, in native byte
  /// order. The corresponding C macro is `get_user`.
  ///
  /// Throws: as `read`; `invalidArgument` also for a type of another size.
  @inline(__always)
  public borrowing func readInteger<Number: FixedWidthInteger>(
    at offset: Int = 0, as type: Number.Type = Number.self
  ) throws(Errno) -> Number {
    // Copies into a word of the library. The driver's type then converts that word.
    Number(truncatingIfNeeded: try readWord(at: offset, byteCount: MemoryLayout<Number>.size))
  }

  /// Copies an integer of 1, 2, 4 or 8 bytes to `offset` of the caller's memory. The corresponding
  /// C macro is `put_user`.
  ///
  /// Throws: as `read`; `invalidArgument` also for a type of another size.
  @inline(__always)
  public borrowing func writeInteger<Number: FixedWidthInteger>(
    _ number: Number, at offset: Int = 0
  ) throws(Errno) {
    // Copies from a word of the library, not from the driver's value, whose bytes could hold other
    // data.
    try writeWord(
      UInt64(truncatingIfNeeded: number), at: offset, byteCount: MemoryLayout<Number>.size)
  }

  private borrowing func readWord(at offset: Int, byteCount: Int) throws(Errno) -> UInt64 {
    guard byteCount == 1 || byteCount == 2 || byteCount == 4 || byteCount == 8 else {
      throw .invalidArgument
    }
    var word: UInt64 = 0
    var result: Errno?
    // SAFETY: the bytes belong to the variable, which lives for the closure. Any bytes are a valid
    // UInt64, and the count was checked. (The first byte is the lowest one: all machines that Apus
    // supports are little-endian.)
    unsafe withUnsafeMutableBytes(of: &word) { bytes in
      guard let start = bytes.baseAddress else { return }
      let view = unsafe MutableBytes(start: start, byteCount: byteCount)
      do throws(Errno) { try read(at: offset, length: byteCount, into: view) } catch {
        result = error
      }
    }
    if let result { throw result }
    return word
  }

  private borrowing func writeWord(_ word: UInt64, at offset: Int, byteCount: Int) throws(Errno) {
    guard byteCount == 1 || byteCount == 2 || byteCount == 4 || byteCount == 8 else {
      throw .invalidArgument
    }
    var word = word
    var result: Errno?
    // SAFETY: the bytes belong to the variable, which lives for the closure; a UInt64 has no
    // padding.
    unsafe withUnsafeBytes(of: &word) { bytes in
      let span = unsafe RawSpan(_unsafeBytes: bytes)
      do throws(Errno) { try write(at: offset, length: byteCount, from: span) } catch {
        result = error
      }
    }
    if let result { throw result }
  }
}
