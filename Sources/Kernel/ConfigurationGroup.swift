// SPDX-License-Identifier: GPL-2.0-only
// Directories of configfs that come and go with another.
// C header: include/linux/configfs.h (configfs_add_default_group)

internal import CKernel

/// A directory that is there as long as the one that it belongs to: a property of its item, marked `@Group`.
///
///     @Group("limits") let limits: ConfigurationGroup<Limits>
///
/// Its own item may have groups as well. A group that was made with `making:` is one in which users make items.
///
/// Invariant: `core` is what `ConfigurationCore.make` gave, with a reference of this value's.
@safe
public struct ConfigurationGroup<Item: ConfigurationItem & ~Copyable>: ~Copyable, @unchecked Sendable {
  private let core: UnsafeMutablePointer<ConfigurationCore<Item>>

  /// A group of attributes.
  ///
  /// Throws: `outOfMemory`; the item has ended then.
  /// Context: may sleep.
  public init(_ item: consuming Item) throws(Errno) {
    // SAFETY: the macro's callbacks keep the contract of ConfigurationAdapter.
    let type = try unsafe ConfigurationType(of: Item.self, make: nil, drop: nil)
    // INVARIANT: `deinit` gives the reference back.
    unsafe core = try ConfigurationCore.make(item, type: type, items: nil)
  }

  /// A group in which mkdir makes items.
  ///
  /// Throws: `outOfMemory`; the item has ended then.
  /// Context: may sleep.
  public init<Made: MadeConfigurationItem & ~Copyable>(
    _ item: consuming Item, making: Made.Type
  ) throws(Errno) where Made.Root == Item {
    // SAFETY: the macro's callbacks keep the contract of ConfigurationAdapter.
    let type = try unsafe ConfigurationType(of: Item.self, make: Made.make.function, drop: Made.drop.function)
    let items = try unsafe ConfigurationType(of: Made.self, make: nil, drop: nil)
    // INVARIANT: `deinit` gives the reference back.
    unsafe core = try ConfigurationCore.make(item, type: type, items: items)
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe apus_configfs_put(&core.pointee.configfs)
  }

  /// The group's item.
  public var item: Item {
    // SAFETY: the type's invariant; it is only borrowed, here as in the attributes.
    @inline(__always) _read { yield unsafe core.pointee.item }
  }

  /// Makes the group one of another's.
  @unsafe
  func add(to parent: UnsafeMutablePointer<apus_configfs>, _ name: Literal) throws(Errno) {
    // SAFETY: the type's invariant; a literal ends with a NUL, and its text is copied.
    try Errno.check(unsafe apus_configfs_name(&core.pointee.configfs, name.cString))
    // SAFETY: the caller's parent is not linked yet, and each group is a property of one item, which has one core.
    unsafe apus_configfs_add_group(parent, &core.pointee.configfs.subsystem.su_group)
  }
}

/// An item that is being made, to which its groups are added. The macro's code uses it, a driver does not.
///
/// Invariant: `configfs` is initialised, and configfs does not know it yet.
@safe
public struct ConfigurationParent: ~Copyable, ~Escapable {
  private let configfs: UnsafeMutablePointer<apus_configfs>

  @_lifetime(immortal) @unsafe
  init(_ configfs: UnsafeMutablePointer<apus_configfs>) {
    // INVARIANT: the caller has made it just now.
    unsafe self.configfs = configfs
  }

  /// Adds a group. The corresponding C function is `configfs_add_default_group`.
  ///
  /// Throws: `outOfMemory`.
  @unsafe
  public borrowing func add<Item: ConfigurationItem & ~Copyable>(
    _ name: Literal, _ group: borrowing ConfigurationGroup<Item>
  ) throws(Errno) {
    // SAFETY: the type's invariant.
    try unsafe group.add(to: configfs, name)
  }

  /// Adds a group if there is one.
  @unsafe
  public borrowing func add<Item: ConfigurationItem & ~Copyable>(
    _ name: Literal, _ group: borrowing ConfigurationGroup<Item>?
  ) throws(Errno) {
    switch group {
    case .some(let group):
      // SAFETY: the type's invariant.
      try unsafe group.add(to: configfs, name)
    case .none: break
    }
  }

  /// Adds the group with an attribute of fault injection, where the kernel has such.
  @unsafe
  public borrowing func add(_ name: Literal, _ group: borrowing FaultInjection) throws(Errno) {
    // SAFETY: the type's invariant.
    try unsafe group.add(to: configfs, name)
  }
}
