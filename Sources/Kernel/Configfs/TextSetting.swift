// SPDX-License-Identifier: GPL-2.0-only
// A setting with a short text. User space sets it, and the driver reads it.

/// A text of up to `capacity` bytes, stored in place.
///
/// Invariant: `count` is in `0...capacity`.
public struct ShortText<let capacity: Int>: Sendable {
  private var bytes = InlineArray<capacity, UInt8>(repeating: 0)

  /// The number of bytes.
  public private(set) var count = 0

  /// An empty text.
  public init() {}

  /// Copies a C string, without its trailing newline if it has one.
  ///
  /// Throws: `nameTooLong` for more than `capacity` bytes.
  public init(_ text: borrowing CString) throws(Errno) {
    let length = text.lineCount
    guard length <= capacity else { throw .nameTooLong }
    var index = 0
    while index < length, let byte = text.byte(at: index) {
      append(byte)
      index &+= 1
    }
  }

  /// A literal followed by a number in decimal.
  ///
  /// Throws: `nameTooLong` for more than `capacity` bytes.
  public init(_ prefix: StaticCString, number: UInt32) throws(Errno) {
    var digits = InlineArray<10, UInt8>(repeating: 0)
    var length = 0
    var rest = number
    repeat {
      if length >= 0, length < 10 {
        digits[length] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
      }
      rest /= 10
      length &+= 1
    } while rest > 0
    guard prefix.count &+ length <= capacity else { throw .nameTooLong }
    self.init(prefix)
    while length > 0 {
      length &-= 1
      if length >= 0, length < 10 { append(digits[length]) }
    }
  }

  /// The first `capacity` bytes of a literal.
  public init(_ text: StaticCString) {
    while count < capacity, let byte = text.byte(at: count) { append(byte) }
  }

  private mutating func append(_ byte: UInt8) {
    guard count >= 0, count < capacity else { return }
    bytes[count] = byte
    count &+= 1
  }

  /// Whether the text is empty.
  public var isEmpty: Bool { count == 0 }

  /// Passes the address and the number of the bytes to `body`.
  ///
  /// C may only read them, and only during the call. They are not NUL-terminated.
  @unsafe
  package func withCharacters<Result>(_ body: (UnsafePointer<CChar>, Int) -> Result) -> Result {
    // SAFETY: the type's invariant; the storage stays during the call, and bytes are valid as
    // characters.
    unsafe withUnsafeBytes(of: bytes) { storage in
      // An array without bytes has no address.
      guard let start = storage.baseAddress else {
        var none: CChar = 0
        return unsafe body(&none, 0)
      }
      return unsafe body(start.assumingMemoryBound(to: CChar.self), count)
    }
  }

  /// The byte at an index, or nil beyond the end.
  public func byte(at index: Int) -> UInt8? {
    guard index >= 0, index < count, index < capacity else { return nil }
    return bytes[index]
  }

  /// Copies a C string without its trailing newline, cut to `capacity` bytes.
  public init(cutting text: borrowing CString) {
    let length = min(text.lineCount, capacity)
    var index = 0
    while index < length, let byte = text.byte(at: index) {
      append(byte)
      index &+= 1
    }
  }

  /// Whether both texts are equal.
  public func equals(_ other: ShortText) -> Bool {
    guard other.count == count else { return false }
    var index = 0
    while let byte = other.byte(at: index) {
      if byte != self.byte(at: index) { return false }
      index &+= 1
    }
    return true
  }

  /// Whether the text equals a literal.
  public func equals(_ text: StaticCString) -> Bool {
    guard text.count == count else { return false }
    var index = 0
    while let byte = text.byte(at: index) {
      if byte != self.byte(at: index) { return false }
      index &+= 1
    }
    return true
  }
}

/// A text of up to `capacity` bytes.
///
/// Stores to the configfs item set it one at a time, while other contexts read it.
///
/// Context: any.
public struct TextSetting<let capacity: Int>: ~Copyable, Sendable {
  private let text: SpinLockIRQ<ShortText<capacity>>

  /// A setting with its initial text, cut to `capacity` bytes.
  @inline(__always)
  public init(_ text: StaticCString = "", class lockClass: LockClass = #lockClass) {
    self.text = SpinLockIRQ(ShortText(text), class: lockClass)
  }

  /// The current text.
  public var value: ShortText<capacity> { text.withLock { $0 } }

  /// Sets the text.
  public borrowing func set(_ value: ShortText<capacity>, _ change: borrowing ConfigfsChange) {
    text.withLock { $0 = value }
  }

  /// Parses a text that a user wrote, without its trailing newline if it has one.
  ///
  /// Throws: `nameTooLong` for more than `capacity` bytes.
  public borrowing func parse(_ text: borrowing CString) throws(Errno) -> ShortText<capacity> {
    try ShortText(text)
  }

  /// Writes the text for a user to read.
  public borrowing func show(_ writer: inout TextWriter) { writer.append(value) }
}

extension TextWriter {
  /// Appends a short text.
  @_lifetime(self: copy self)
  public mutating func append<let capacity: Int>(_ text: ShortText<capacity>) {
    var index = 0
    while let byte = text.byte(at: index) {
      append(byte: byte)
      index &+= 1
    }
  }
}
