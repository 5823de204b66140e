// SPDX-License-Identifier: GPL-2.0-only
// Memory within a value that code changes through a shared borrow. Locks are built from it.

import Builtin

/// Storage for a value within its owner. Its address is stable while the owner is borrowed.
///
/// Invariant: the storage is initialised from `init` to `deinit`. The owner decides which code may
/// access it, for example the holder of a lock.
///
/// (The type is usable from inline code, so that a lock can be destroyed in the driver's module.
/// Otherwise the compiler could not see its `deinit` there.)
@_rawLayout(like: Value, movesAsLike) @safe
@usableFromInline
struct Cell<Value: ~Copyable>: ~Copyable {
  /// The value's address.
  @inline(__always) @unsafe @usableFromInline
  var address: UnsafeMutablePointer<Value> {
    // SAFETY: the address of this value's own storage; the caller guarantees the type's invariant.
    unsafe UnsafeMutablePointer(Builtin.addressOfRawLayout(self))
  }

  init(_ value: consuming Value) {
    // SAFETY: the storage is not initialised yet.
    unsafe address.initialize(to: value)
  }

  // Inlinable, because it runs in the driver's module, where the owner is destroyed.
  @inlinable
  deinit {
    // SAFETY: the type's invariant: the storage is still initialised.
    unsafe _ = address.deinitialize(count: 1)
  }
}
