// SPDX-License-Identifier: GPL-2.0-only
// A command to a disk, from a program.
// C header: include/uapi/asm-generic/ioctl.h

internal import CKernel
public import Kernel

/// The number of a command: what C's `_IO`, `_IOR`, `_IOW` and `_IOWR` make.
public struct ControlCommand: Equatable, Sendable {
  public let rawValue: UInt32

  /// Any number; old commands are not made in the ways below.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  private init(_ direction: UInt32, _ type: UInt8, _ number: UInt8, _ byteCount: Int) {
    // (A size of more than 14 bits is none.)
    let size = byteCount >= 0 && byteCount < 1 << 14 ? UInt32(truncatingIfNeeded: byteCount) : 0
    rawValue = direction &<< 30 | size &<< 16 | UInt32(type) &<< 8 | UInt32(number)
  }

  /// A command without memory. The corresponding C macro is `_IO`.
  public static func plain(_ type: UInt8, _ number: UInt8) -> ControlCommand { ControlCommand(0, type, number, 0) }

  /// A command whose caller gets so many bytes. The corresponding C macro is `_IOR`.
  public static func giving(_ type: UInt8, _ number: UInt8, byteCount: Int) -> ControlCommand {
    ControlCommand(2, type, number, byteCount)
  }

  /// A command whose caller gives so many bytes. The corresponding C macro is `_IOW`.
  public static func taking(_ type: UInt8, _ number: UInt8, byteCount: Int) -> ControlCommand {
    ControlCommand(1, type, number, byteCount)
  }

  /// A command whose caller gives and gets so many bytes. The corresponding C macro is `_IOWR`.
  public static func exchanging(_ type: UInt8, _ number: UInt8, byteCount: Int) -> ControlCommand {
    ControlCommand(3, type, number, byteCount)
  }

  /// The driver's letter.
  public var type: UInt8 { UInt8(truncatingIfNeeded: rawValue &>> 8) }

  /// The number among those of the type.
  public var number: UInt8 { UInt8(truncatingIfNeeded: rawValue) }

  /// The size of the caller's memory: 16383 at most.
  public var byteCount: Int { Int(rawValue &>> 16 & 0x3fff) }

  public static func == (left: ControlCommand, right: ControlCommand) -> Bool { left.rawValue == right.rawValue }
}

/// A command to a disk, as long as the call lasts: its number, its argument, and the caller's memory, if the argument is an address.
///
/// That memory is `command.byteCount` bytes, and is only copied: nothing is known about the address, so each copy checks that it is the
/// caller's.
@safe
public struct ControlCall: ~Copyable, ~Escapable {
  public let command: ControlCommand

  /// The argument as a number; of a program of 32 bits, as many.
  public let argument: UInt

  private let mode: UInt32

  @_lifetime(immortal)
  init(_ command: ControlCommand, _ argument: UInt, _ mode: UInt32) {
    self.command = command
    self.argument = argument
    self.mode = mode
  }

  /// How the disk was opened.
  public var openMode: OpenMode { OpenMode(rawValue: mode) }

  /// Whether the program has 32 bits, so that structures may be laid out differently in its memory.
  public var isFrom32Bits: Bool { mode & APUS_OPEN_COMPAT.rawValue != 0 }

  /// Whether the caller may administrate the system. The corresponding C function is `capable(CAP_SYS_ADMIN)`.
  public var isByAdministrator: Bool {
    // SAFETY: it asks about the current task.
    unsafe capable(CInt(CAP_SYS_ADMIN))
  }

  /// Lends other memory of the caller's to `body`: what a structure of the command's has the address of.
  ///
  /// Throws: what `body` throws.
  public borrowing func withMemory<Result: ~Copyable>(
    at address: UInt, byteCount: Int, _ body: (UserMemory) throws(Errno) -> Result
  ) throws(Errno) -> Result {
    // SAFETY: the call is this task's, and lasts as long as this value, which cannot leave it.
    try body(unsafe UserMemory(address: address, byteCount: byteCount))
  }

  /// Copies `length` bytes at `offset` of the caller's memory. The corresponding C function is `copy_from_user`.
  ///
  /// Throws: `invalidArgument` if a range is not within the command's memory or the destination, and then nothing was copied;
  /// `badAddress` if the caller has no such memory, and then only the bytes before it were copied.
  public borrowing func read(
    at offset: Int = 0, length: Int, into destination: borrowing MutableBytes, at destinationOffset: Int = 0
  ) throws(Errno) {
    // SAFETY: as in `withMemory`.
    try unsafe UserMemory(address: argument, byteCount: command.byteCount).read(
      at: offset, length: length, into: destination, at: destinationOffset)
  }

  /// Copies `length` bytes to `offset` of the caller's memory. The corresponding C function is `copy_to_user`.
  ///
  /// Throws: as `read`.
  public borrowing func write(
    at offset: Int = 0, length: Int, from source: RawSpan, at sourceOffset: Int = 0
  ) throws(Errno) {
    // SAFETY: as in `withMemory`.
    try unsafe UserMemory(address: argument, byteCount: command.byteCount).write(
      at: offset, length: length, from: source, at: sourceOffset)
  }

  /// Copies a number of 1, 2, 4 or 8 bytes at `offset` of the caller's memory, in the machine's order of bytes.
  /// The corresponding C macro is `get_user`.
  ///
  /// Throws: as `read`; `invalidArgument` also for a type of another size.
  @inline(__always)
  public borrowing func readInteger<Number: FixedWidthInteger>(
    at offset: Int = 0, as type: Number.Type = Number.self
  ) throws(Errno) -> Number {
    // The bytes become a word of the library's. What the driver's type makes of that is its own affair.
    Number(truncatingIfNeeded: try readWord(at: offset, byteCount: MemoryLayout<Number>.size))
  }

  /// Copies a number of 1, 2, 4 or 8 bytes to `offset` of the caller's memory. The corresponding C macro is `put_user`.
  ///
  /// Throws: as `read`; `invalidArgument` also for a type of another size.
  @inline(__always)
  public borrowing func writeInteger<Number: FixedWidthInteger>(_ number: Number, at offset: Int = 0) throws(Errno) {
    // A word of the library's is what is copied, and not the driver's value with whatever lies in it.
    try writeWord(UInt64(truncatingIfNeeded: number), at: offset, byteCount: MemoryLayout<Number>.size)
  }

  private borrowing func readWord(at offset: Int, byteCount: Int) throws(Errno) -> UInt64 {
    guard byteCount == 1 || byteCount == 2 || byteCount == 4 || byteCount == 8 else { throw .invalidArgument }
    var word: UInt64 = 0
    var result: Errno?
    // SAFETY: the bytes are the variable's, which stays for the closure; any bytes are a UInt64, and the count was checked. (The
    // first byte is the lowest one, as on every machine that Apus is for.)
    unsafe withUnsafeMutableBytes(of: &word) { bytes in
      guard let start = bytes.baseAddress else { return }
      let view = unsafe MutableBytes(start: start, byteCount: byteCount)
      do throws(Errno) { try read(at: offset, length: byteCount, into: view) } catch { result = error }
    }
    if let result { throw result }
    return word
  }

  private borrowing func writeWord(_ word: UInt64, at offset: Int, byteCount: Int) throws(Errno) {
    guard byteCount == 1 || byteCount == 2 || byteCount == 4 || byteCount == 8 else { throw .invalidArgument }
    var word = word
    var result: Errno?
    // SAFETY: the bytes are the variable's, which stays for the closure; a UInt64 has no padding.
    unsafe withUnsafeBytes(of: &word) { bytes in
      let span = unsafe RawSpan(_unsafeBytes: bytes)
      do throws(Errno) { try write(at: offset, length: byteCount, from: span) } catch { result = error }
    }
    if let result { throw result }
  }
}
