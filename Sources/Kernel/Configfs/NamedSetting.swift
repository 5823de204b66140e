// SPDX-License-Identifier: GPL-2.0-only
// A setting with named values. User space sets it, and the driver reads it without a lock.

internal import CKernel
import Synchronization

/// A type whose values have names that users write and read.
///
///     enum Order: NamedValue {
///       case first, last
///       static func entry(_ index: Int) -> (name: StaticCString, value: Order)? {
///         switch index {
///         case 0: ("first", .first)
///         case 1: ("last", .last)
///         default: nil
///         }
///       }
///     }
public protocol NamedValue: Equatable, Sendable {
  /// Returns the name and the value at an index from 0 on, or nil after the last one.
  static func entry(_ index: Int) -> (name: StaticCString, value: Self)?
}

/// One of a type's named values.
///
/// Stores to the configfs item set it one at a time, while other contexts read it.
///
/// Users write a name, and read the name of the current value.
///
/// Context: any.
public struct NamedSetting<Value: NamedValue>: ~Copyable, Sendable {
  private let index: Atomic<Int>
  // The value while `index` names no entry, which happens only if the initial value has no name.
  private let initial: Value

  /// A setting with its initial value, which should have a name.
  ///
  /// Until the setting is set, `value` returns an initial value without a name, and users read an
  /// empty text.
  public init(_ value: Value) {
    index = Atomic(NamedSetting.index(of: value))
    initial = value
  }

  private static func index(of value: Value) -> Int {
    var index = 0
    while let entry = Value.entry(index) {
      if entry.value == value { return index }
      index &+= 1
    }
    return index
  }

  /// The current value.
  public var value: Value { Value.entry(index.load(ordering: .relaxed))?.value ?? initial }

  /// Sets the value. Does nothing if the value has no name.
  public borrowing func set(_ value: Value, _ change: borrowing ConfigfsChange) {
    let index = NamedSetting.index(of: value)
    if Value.entry(index) != nil { self.index.store(index, ordering: .relaxed) }
  }

  /// Parses a name that a user wrote, with or without a trailing newline.
  ///
  /// Throws: `invalidArgument` if no value has that name.
  public borrowing func parse(_ text: borrowing CString) throws(Errno) -> Value {
    var index = 0
    while let entry = Value.entry(index) {
      if text.isLine(entry.name) { return entry.value }
      index &+= 1
    }
    throw .invalidArgument
  }

  /// Writes the name of the current value for a user to read.
  public borrowing func show(_ writer: inout TextWriter) {
    if let entry = Value.entry(index.load(ordering: .relaxed)) { writer.append(entry.name) }
  }
}
