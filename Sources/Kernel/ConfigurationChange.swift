// SPDX-License-Identifier: GPL-2.0-only
// The right to set what is configured.

/// An attribute of a directory in configfs is being stored, and no other of it, nor of the groups
/// that came with it: so what the item has is looked at, decided about and set in one step. (See
/// `ConfigurationItem`.)
///
/// A `Setting` is set with it, and so never behind the back of a store.
///
/// Invariant: this task holds the lock of the directory's stores as long as the value is there.
public struct ConfigurationChange: ~Copyable, ~Escapable {
  @_lifetime(immortal) @unsafe
  init() {}
}
