// SPDX-License-Identifier: GPL-2.0-only
// A mark for a structure that the kernel calls: the compiler uses it in place.

/// Storage of no size, which makes the structure around it one that is used by its address.
///
/// The compiler copies a larger structure to the stack for each call of a method, if no field of it
/// must stay at its address. The macros add a value of this type to a driver's structure. A driver
/// does not use it.
@_rawLayout(size: 0, alignment: 1) @safe
public struct InPlace: ~Copyable, @unchecked Sendable {
  /// The mark.
  @inline(__always)
  public init() {}
}
