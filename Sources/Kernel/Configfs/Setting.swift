// SPDX-License-Identifier: GPL-2.0-only
// A setting of one word. User space sets it, and the driver reads it without a lock.

internal import CKernel
import Synchronization

/// A type that a setting can hold in one word: `Bool` and the integers of every width.
public protocol SettingValue: Sendable {
  /// The value of a word that `word` returned.
  init(word: UInt64)

  /// The value as a word.
  var word: UInt64 { get }

  /// Parses a value that a user wrote.
  ///
  /// Throws: `invalidArgument`, or `outOfRange` for a number that does not fit this type.
  static func parse(_ text: borrowing CString) throws(Errno) -> Self

  /// Writes the value for a user to read, in the format of the kernel's own attributes.
  func write(to writer: inout TextWriter)
}

extension SettingValue where Self: FixedWidthInteger {
  /// The low bits of the word.
  public init(word: UInt64) { self.init(truncatingIfNeeded: word) }

  /// The integer as a word, sign-extended if its type is signed.
  public var word: UInt64 { UInt64(truncatingIfNeeded: self) }

  /// The corresponding C functions are `kstrtoint` and similar: decimal, octal after 0, hexadecimal
  /// after 0x.
  public static func parse(_ text: borrowing CString) throws(Errno) -> Self {
    if Self.isSigned {
      guard let value = Self(exactly: try text.integer()) else { throw .outOfRange }
      return value
    }
    guard let value = Self(exactly: try text.unsignedInteger()) else { throw .outOfRange }
    return value
  }

  /// Writes the integer in decimal.
  public func write(to writer: inout TextWriter) { writer.append(self) }
}

extension Int: SettingValue {}
extension Int8: SettingValue {}
extension Int16: SettingValue {}
extension Int32: SettingValue {}
extension Int64: SettingValue {}
extension UInt: SettingValue {}
extension UInt8: SettingValue {}
extension UInt16: SettingValue {}
extension UInt32: SettingValue {}
extension UInt64: SettingValue {}

extension Bool: SettingValue {
  /// True for every word except 0.
  public init(word: UInt64) { self = word != 0 }

  /// 1 for true, 0 for false.
  public var word: UInt64 { self ? 1 : 0 }

  /// Parses a boolean. The corresponding C function is `kstrtobool`.
  ///
  /// Throws: `invalidArgument` if the text is not a boolean.
  public static func parse(_ text: borrowing CString) throws(Errno) -> Bool { try text.boolean() }

  /// Writes 1 for true and 0 for false.
  public func write(to writer: inout TextWriter) {
    writer.append(byte: UInt8(ascii: self ? "1" : "0"))
  }
}

/// A value of one word.
///
/// Stores to the configfs item set it one at a time, while other contexts read it.
///
/// Context: any.
public struct Setting<Value: SettingValue>: ~Copyable, Sendable {
  private let word: Atomic<UInt64>

  /// A setting with its initial value.
  public init(_ value: Value) { word = Atomic(value.word) }

  /// The current value.
  public var value: Value { Value(word: word.load(ordering: .relaxed)) }

  /// Sets the value.
  public borrowing func set(_ value: Value, _ change: borrowing ConfigfsChange) {
    word.store(value.word, ordering: .relaxed)
  }

  /// Parses a value that a user wrote. Throws as `Value.parse` does.
  public borrowing func parse(_ text: borrowing CString) throws(Errno) -> Value {
    try Value.parse(text)
  }

  /// Writes the value for a user to read.
  public borrowing func show(_ writer: inout TextWriter) { value.write(to: &writer) }
}
