// SPDX-License-Identifier: GPL-2.0-only
// Memory inside a value that is changed through a shared borrow: what locks are made of.

import Builtin

/// Room for a value, inside its owner, whose address is stable as long as the owner is borrowed.
///
/// Invariant: the room is initialised from `init` to `deinit`. Who may touch it is its owner's business: a
/// lock's holder, say.
///
/// (Usable from inline code, so that a driver may end a lock: otherwise its `deinit` cannot be seen there.)
@_rawLayout(like: Value, movesAsLike) @safe
@usableFromInline
struct Cell<Value: ~Copyable>: ~Copyable {
  /// The value's address.
  @inline(__always) @unsafe @usableFromInline
  var address: UnsafeMutablePointer<Value> {
    // SAFETY: the address of this value's own room; what its user owes is the type's invariant.
    unsafe UnsafeMutablePointer(Builtin.addressOfRawLayout(self))
  }

  init(_ value: consuming Value) {
    // SAFETY: the room is fresh.
    unsafe address.initialize(to: value)
  }

  // Inlinable, because it runs where the owner ends, in the driver's module.
  @inlinable
  deinit {
    // SAFETY: the type's invariant: initialised until here.
    unsafe _ = address.deinitialize(count: 1)
  }
}
