// SPDX-License-Identifier: GPL-2.0-only
// Text that is written in the source.

public import Builtin

/// A string literal: bytes in the module's constant data, with a NUL behind them.
///
/// (Not a `StaticString`, which may be a single character instead and traps where it is not what was asked for.)
///
/// Invariant: `start` is the first of `count` bytes that are constant, stay as long as the module does, and are followed by a NUL.
@safe @frozen
public struct Literal: ExpressibleByStringLiteral, _ExpressibleByBuiltinStringLiteral, @unchecked Sendable {
  @usableFromInline let start: UnsafePointer<UInt8>

  /// The number of bytes, without the NUL.
  public let count: Int

  @inline(__always)
  public init(_builtinStringLiteral start: Builtin.RawPointer, utf8CodeUnitCount: Builtin.Word, isASCII: Builtin.Int1) {
    // INVARIANT: the compiler calls this with a literal of its own.
    unsafe self.start = UnsafePointer(start)
    count = Int(utf8CodeUnitCount)
  }

  @inline(__always)
  public init(
    _builtinExtendedGraphemeClusterLiteral start: Builtin.RawPointer, utf8CodeUnitCount: Builtin.Word,
    isASCII: Builtin.Int1
  ) {
    self.init(_builtinStringLiteral: start, utf8CodeUnitCount: utf8CodeUnitCount, isASCII: isASCII)
  }

  // The protocol wants it; a literal in quotes is never made of a number.
  public init(_builtinUnicodeScalarLiteral value: Builtin.Int32) { self = "" }

  @inline(__always)
  public init(stringLiteral value: Literal) { self = value }

  /// The bytes, for C to keep as long as the module is loaded.
  @unsafe @inline(__always)
  package var cString: UnsafePointer<CChar> {
    // SAFETY: the same bytes, signed.
    unsafe UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self)
  }

  /// The byte at a place, or nil beyond the end.
  @inline(__always)
  public func byte(at index: Int) -> UInt8? {
    guard index >= 0, index < count else { return nil }
    // SAFETY: within the literal by the check.
    return unsafe start[index]
  }

  /// Whether both are the same text.
  public static func == (left: Literal, right: Literal) -> Bool {
    guard left.count == right.count else { return false }
    var index = 0
    while let byte = left.byte(at: index) {
      if byte != right.byte(at: index) { return false }
      index &+= 1
    }
    return true
  }
}
