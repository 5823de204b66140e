// SPDX-License-Identifier: GPL-2.0-only
// The permission to change a setting, which a store holds.

/// Proof that an attribute of a configfs directory is being stored.
///
/// No other attribute of that directory or of its default groups is being stored at the same time.
/// A store can therefore read the item's state, decide and set a new state in one step. (See
/// `ConfigfsItem`.)
///
/// Setting a `Setting` takes this value, so a setting changes only within a store.
///
/// Invariant: this task holds the directory's lock for stores as long as the value exists.
public struct ConfigfsChange: ~Copyable, ~Escapable {
  @_lifetime(immortal) @unsafe
  init() {}
}
