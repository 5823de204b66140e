// SPDX-License-Identifier: GPL-2.0-only
// The words of a table line or of a message.
// C header: include/linux/device-mapper.h (struct dm_arg_set)

internal import CKernel
public import Block
public import Kernel

/// The words after a target's name in a table line, or the words of a message. A driver reads them
/// by index, or in order. No access traps: for a word that does not exist it returns nil or throws.
///
/// Numbers are decimal, as for the kernel's own targets; numbers that do not fit are refused.
/// `mayHaveSign` allows a plus sign where the kernel's own target does, which is where that target
/// reads the number with `kstrtouint`.
///
/// Invariant: `words` points to at least `total` C strings, which stay for the call that this value
/// is passed to; `next <= total`.
@safe
public struct Arguments: ~Copyable, ~Escapable {
  private let words: UnsafePointer<UnsafeMutablePointer<CChar>?>?
  private var total: Int
  private var next = 0
  // The message for a word past the end of a group, if other words follow the group.
  private var beyond: StaticCString?

  @_lifetime(immortal) @unsafe
  init(_ words: UnsafePointer<UnsafeMutablePointer<CChar>?>?, count: UInt32) {
    // INVARIANT: device mapper passes `count` words.
    unsafe self.words = words
    total = Int(count)
    beyond = nil
  }

  /// The number of words.
  public var count: Int { total }

  /// The number of words that have not been read yet.
  public var remaining: Int { total &- next }

  /// Passes the word at an index to `body`; returns nil if there is none.
  @inline(__always)
  public borrowing func withWord<Result: ~Copyable, Failure: Error>(
    at index: Int, _ body: (borrowing CString) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: the type's invariant; the index is checked.
    guard index >= 0, index < total, let word = unsafe words?[index] else { return nil }
    return try body(unsafe CString(word))
  }

  /// Passes the next word to `body`; returns nil if there is none.
  @_lifetime(self: copy self) @inline(__always)
  public mutating func withNext<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing CString) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard next < total else { return nil }
    let index = next
    next &+= 1
    return try withWord(at: index, body)
  }

  /// Skips the next word, if there is one.
  @_lifetime(self: copy self)
  public mutating func skip() { if next < total { next &+= 1 } }

  /// Whether the word at an index is this text, ignoring case. The corresponding C function is
  /// `strcasecmp`.
  public borrowing func isWord(_ text: StaticCString, at index: Int) -> Bool {
    withWord(at: index) { word in word.isSame(as: text) } ?? false
  }

  /// Reads the next word if it is this text, ignoring case, and returns whether it was.
  @_lifetime(self: copy self)
  public mutating func take(_ text: StaticCString) -> Bool {
    guard isWord(text, at: next) else { return false }
    next &+= 1
    return true
  }

  /// The word at an index, as a number within a range.
  ///
  /// Throws: the message, with EINVAL.
  public borrowing func number(
    at index: Int, from lower: UInt64 = 0, through upper: UInt64, mayHaveSign: Bool = false,
    _ message: StaticCString
  ) throws(TargetError) -> UInt64 {
    if index >= total, let beyond { throw .invalid(beyond) }
    let value: UInt64?? = withWord(at: index) { word in word.decimal(mayHaveSign: mayHaveSign) }
    guard let value = value ?? nil, value >= lower, value <= upper else { throw .invalid(message) }
    return value
  }

  /// The next word, as a number within a range. The corresponding C function is `dm_read_arg`.
  ///
  /// Throws: the message, with EINVAL.
  @_lifetime(self: copy self)
  public mutating func nextNumber(
    from lower: UInt64 = 0, through upper: UInt64, mayHaveSign: Bool = false,
    _ message: StaticCString
  ) throws(TargetError) -> UInt64 {
    let value = try number(at: next, from: lower, through: upper, mayHaveSign: mayHaveSign, message)
    next &+= 1
    return value
  }

  /// The word at an index, as a sector of a device.
  ///
  /// Throws: the message, with EINVAL.
  public borrowing func sector(at index: Int, _ message: StaticCString) throws(TargetError)
    -> Sector
  {
    Sector(try number(at: index, through: .max, message))
  }

  /// The next word, as a sector of a device.
  ///
  /// Throws: the message, with EINVAL.
  @_lifetime(self: copy self)
  public mutating func nextSector(_ message: StaticCString) throws(TargetError) -> Sector {
    Sector(try nextNumber(through: .max, message))
  }

  /// Reads the next word as the number of words in the group that follows it, and lets `body` read
  /// this group only. Words of the group that `body` does not read are skipped. The corresponding C
  /// function is `dm_read_arg_group`.
  ///
  /// - Parameters:
  ///   - upper: the largest number of words.
  ///   - message: the message if the word is not such a number, or if fewer words follow.
  ///   - insufficient: the message if `body` reads past the end of the group while other words
  ///     follow it.
  ///   - body: reads the words, with `next…` and `take`.
  ///
  /// Throws: the messages, with EINVAL; what `body` throws.
  @_lifetime(self: copy self)
  public mutating func withGroup<Result: ~Copyable>(
    through upper: UInt64, _ message: StaticCString, insufficient: StaticCString,
    _ body: (inout Arguments) throws(TargetError) -> Result
  ) throws(TargetError) -> Result {
    let count = try nextNumber(through: upper, message)
    guard count <= UInt64(truncatingIfNeeded: remaining) else { throw .invalid(message) }
    let (outer, outerBeyond) = (total, beyond)
    let end = next &+ Int(truncatingIfNeeded: count)
    // INVARIANT: `end` is not larger than the number of words before.
    if end < total { beyond = insufficient }
    total = end
    let result = try body(&self)
    // INVARIANT: the number of words before.
    total = outer
    beyond = outerBeyond
    next = end
    return result
  }

  /// The index of the next word.
  var position: Int { next }

  /// The word at an index, for C.
  @unsafe
  func raw(at index: Int) -> UnsafePointer<CChar>? {
    // SAFETY: the type's invariant; the index is checked.
    guard index >= 0, index < total, let word = unsafe words?[index] else { return nil }
    return unsafe UnsafePointer(word)
  }
}

extension CString {
  /// The whole string as a decimal number, or nil if it is not a number or does not fit. With
  /// `mayHaveSign`, a plus sign may precede it.
  public func decimal(mayHaveSign: Bool = false) -> UInt64? {
    var value: UInt64 = 0
    var index = mayHaveSign && byte(at: 0) == UInt8(ascii: "+") ? 1 : 0
    if byte(at: index) == nil { return nil }
    while let byte = byte(at: index) {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      let (ten, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow) = ten.addingReportingOverflow(UInt64(byte &- UInt8(ascii: "0")))
      if tooLarge || overflow { return nil }
      value = sum
      index &+= 1
    }
    return value
  }

  /// Whether the string is this text, ignoring case. The corresponding C function is `strcasecmp`.
  public func isSame(as text: StaticCString) -> Bool {
    guard count == text.count else { return false }
    var index = 0
    while let left = text.byte(at: index), let right = byte(at: index) {
      if lowercase(left) != lowercase(right) { return false }
      index &+= 1
    }
    return true
  }
}

private func lowercase(_ byte: UInt8) -> UInt8 {
  byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}
