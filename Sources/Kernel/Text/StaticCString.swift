// SPDX-License-Identifier: GPL-2.0-only
// Static strings: text that is written in the source.

public import Builtin

/// A string literal: bytes in the module's constant data, followed by a NUL.
///
/// (Not a `StaticString`: that can hold a single Unicode scalar instead, and traps if code asks for
/// the other representation.)
///
/// Invariant: `start` points to `count` bytes that are followed by a NUL. All of them are constant
/// and exist as long as the module.
@safe @frozen
public struct StaticCString: ExpressibleByStringLiteral, _ExpressibleByBuiltinStringLiteral,
  @unchecked Sendable
{
  @usableFromInline let start: UnsafePointer<UInt8>

  /// The number of bytes before the NUL.
  public let count: Int

  /// A literal in quotes. Only the compiler calls this.
  @inline(__always)
  public init(
    _builtinStringLiteral start: Builtin.RawPointer, utf8CodeUnitCount: Builtin.Word,
    isASCII: Builtin.Int1
  ) {
    // INVARIANT: the compiler calls this with one of its literals.
    unsafe self.start = UnsafePointer(start)
    count = Int(utf8CodeUnitCount)
  }

  /// The same as for a literal in quotes. The protocol requires this initialiser.
  @inline(__always)
  public init(
    _builtinExtendedGraphemeClusterLiteral start: Builtin.RawPointer,
    utf8CodeUnitCount: Builtin.Word,
    isASCII: Builtin.Int1
  ) {
    self.init(_builtinStringLiteral: start, utf8CodeUnitCount: utf8CodeUnitCount, isASCII: isASCII)
  }

  /// An empty literal.
  ///
  /// The protocol requires this initialiser. The compiler does not use it for a literal in quotes.
  public init(_builtinUnicodeScalarLiteral value: Builtin.Int32) { self = "" }

  /// The literal itself.
  @inline(__always)
  public init(stringLiteral value: StaticCString) { self = value }

  /// The bytes and the NUL, which C may use as long as the module is loaded.
  @unsafe @inline(__always)
  package var cString: UnsafePointer<CChar> {
    // SAFETY: the same bytes, as signed characters.
    unsafe UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self)
  }

  /// The byte at an index, or nil beyond the end.
  @inline(__always)
  public func byte(at index: Int) -> UInt8? {
    guard index >= 0, index < count else { return nil }
    // SAFETY: the check keeps the index within the literal.
    return unsafe start[index]
  }

  /// Whether both texts are equal.
  public static func == (left: StaticCString, right: StaticCString) -> Bool {
    guard left.count == right.count else { return false }
    var index = 0
    while let byte = left.byte(at: index) {
      if byte != right.byte(at: index) { return false }
      index &+= 1
    }
    return true
  }
}

extension StaticCString {
  /// Whether C sees the same text, which is not empty: no byte is a NUL.
  package var isName: Bool {
    var index = 0
    while let byte = byte(at: index) {
      if byte == 0 { return false }
      index &+= 1
    }
    return index > 0
  }

  /// Whether the text can be the name of a file or directory.
  var isFileName: Bool {
    guard isName else { return false }
    var length = 0
    var isDots = true
    while let byte = byte(at: length) {
      if byte == UInt8(ascii: "/") { return false }
      if byte != UInt8(ascii: ".") { isDots = false }
      length &+= 1
    }
    return length > 0 && length <= 255 && !(isDots && length <= 2)
  }
}
