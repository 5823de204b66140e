// SPDX-License-Identifier: GPL-2.0-only
// A value that user space sets and the driver reads, without a lock.

internal import CKernel
import Synchronization

/// What a setting can hold: a word. `Bool` and the integers of every width do.
public protocol SettingValue: Sendable {
  /// The value as a word, and back.
  init(word: UInt64)
  var word: UInt64 { get }

  /// The value that a user wrote. Throws `invalidArgument`, or `outOfRange` for a number beyond this type.
  static func parse(_ text: borrowing CString) throws(Errno) -> Self

  /// Writes the value for a user to read, in the form that the kernel's own attributes have.
  func write(to writer: inout TextWriter)
}

extension SettingValue where Self: FixedWidthInteger {
  public init(word: UInt64) { self.init(truncatingIfNeeded: word) }
  public var word: UInt64 { UInt64(truncatingIfNeeded: self) }

  /// The corresponding C functions are `kstrtoint` and its kind: decimal, octal after 0, hexadecimal after 0x.
  public static func parse(_ text: borrowing CString) throws(Errno) -> Self {
    if Self.isSigned {
      guard let value = Self(exactly: try text.integer()) else { throw .outOfRange }
      return value
    }
    guard let value = Self(exactly: try text.unsignedInteger()) else { throw .outOfRange }
    return value
  }

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
  public init(word: UInt64) { self = word != 0 }
  public var word: UInt64 { self ? 1 : 0 }
  public static func parse(_ text: borrowing CString) throws(Errno) -> Bool { try text.boolean() }
  public func write(to writer: inout TextWriter) { writer.append(byte: UInt8(ascii: self ? "1" : "0")) }
}

/// A word that stores of its item set, one at a time, while others read it.
///
/// Context: any.
public struct Setting<Value: SettingValue>: ~Copyable, Sendable {
  private let word: Atomic<UInt64>

  public init(_ value: Value) { word = Atomic(value.word) }

  /// The value now.
  public var value: Value { Value(word: word.load(ordering: .relaxed)) }

  /// Sets the value.
  public borrowing func set(_ value: Value, _ change: borrowing ConfigurationChange) {
    word.store(value.word, ordering: .relaxed)
  }

  /// Reads a value that a user wrote. Throws as the value's type says.
  public borrowing func parse(_ text: borrowing CString) throws(Errno) -> Value { try Value.parse(text) }

  /// Writes the value for a user to read.
  public borrowing func show(_ writer: inout TextWriter) { value.write(to: &writer) }
}
