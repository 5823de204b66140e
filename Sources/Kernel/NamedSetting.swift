// SPDX-License-Identifier: GPL-2.0-only
// One of several names that user space sets and the driver reads, without a lock.

internal import CKernel
import Synchronization

/// A value that users know by its name.
///
///     enum Order: NamedValue {
///       case first, last
///       static func entry(_ index: Int) -> (name: Literal, value: Order)? {
///         switch index {
///         case 0: ("first", .first)
///         case 1: ("last", .last)
///         default: nil
///         }
///       }
///     }
public protocol NamedValue: Equatable, Sendable {
  /// The names and what they stand for, from index 0 on, and nil behind the last one.
  static func entry(_ index: Int) -> (name: Literal, value: Self)?
}

/// One of a type's named values, which stores of its item set, one at a time, while others read it.
///
/// Users write a name, and read the name of the value that there is.
///
/// Context: any.
public struct NamedSetting<Value: NamedValue>: ~Copyable, Sendable {
  private let index: Atomic<Int>
  // What it is as long as the index is of no entry, which only an initial value without a name brings about.
  private let initial: Value

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

  /// The value now.
  public var value: Value { Value.entry(index.load(ordering: .relaxed))?.value ?? initial }

  /// Sets the value. One without a name is not set.
  public borrowing func set(_ value: Value, _ change: borrowing ConfigurationChange) {
    let index = NamedSetting.index(of: value)
    if Value.entry(index) != nil { self.index.store(index, ordering: .relaxed) }
  }

  /// Reads a name that a user wrote, with or without a newline behind it.
  ///
  /// Throws: `invalidArgument` if no value has it.
  public borrowing func parse(_ text: borrowing CString) throws(Errno) -> Value {
    var index = 0
    while let entry = Value.entry(index) {
      if text.isLine(entry.name) { return entry.value }
      index &+= 1
    }
    throw .invalidArgument
  }

  /// Writes the value's name for a user to read.
  public borrowing func show(_ writer: inout TextWriter) {
    if let entry = Value.entry(index.load(ordering: .relaxed)) { writer.append(entry.name) }
  }
}
