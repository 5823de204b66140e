// SPDX-License-Identifier: GPL-2.0-only
// Default groups of configfs: directories that exist as long as their parent.
// C header: include/linux/configfs.h (configfs_add_default_group)

internal import CKernel

/// A default group: a directory that exists as long as its parent.
///
/// It is a property of the parent's item, marked `@Group`.
///
///     @Group("limits") let limits: ConfigfsGroup<Limits>
///
/// The group's own item may have groups as well. Users can make items in a group that was created
/// with `making:`.
///
/// Invariant: `ConfigfsNode.make` returned `node`, and this value holds a reference to it.
///
/// ```swift
/// /// The directory `limits` in the directory of the RAM disks.
/// @ConfigfsItem
/// struct RAMDiskLimits: ConfigfsItem, ~Copyable {
///   @Attribute("block_size", in: 512...4096) let blockSize = Setting<Int>(4096)
///   @Attribute("max_sectors", in: 8...65535) let maximumSectors = Setting<UInt64>(2560)
/// }
///
/// @ConfigfsItem
/// struct RAMDiskRoot: ConfigfsItem, ~Copyable {
///   @Group("limits") let limits: ConfigfsGroup<RAMDiskLimits>
///
///   init() throws(Errno) { limits = try ConfigfsGroup(RAMDiskLimits()) }
///
///   /// The limits of the next disk.
///   func makeLimits() -> DiskLimits {
///     DiskLimits(
///       logicalBlockSize: limits.item.blockSize.value,
///       maximumTransfer: Sector(limits.item.maximumSectors.value))
///   }
/// }
/// ```
@safe
public struct ConfigfsGroup<Item: ConfigfsItem & ~Copyable>: ~Copyable, @unchecked Sendable {
  private let node: UnsafeMutablePointer<ConfigfsNode<Item>>

  /// Creates a group with attributes.
  ///
  /// Throws: `outOfMemory`; the item is destroyed then.
  /// Context: may sleep.
  public init(_ item: consuming Item) throws(Errno) {
    // SAFETY: the macro's callbacks satisfy the contract of ConfigfsAdapter.
    let type = try unsafe ConfigfsType(of: Item.self, make: nil, drop: nil)
    // INVARIANT: `deinit` drops the reference.
    unsafe node = try ConfigfsNode.make(item, type: type, items: nil)
  }

  /// Creates a group in which mkdir makes items.
  ///
  /// Throws: `outOfMemory`; the item is destroyed then.
  /// Context: may sleep.
  public init<Made: CreatedConfigfsItem & ~Copyable>(
    _ item: consuming Item, making: Made.Type
  ) throws(Errno) where Made.Root == Item {
    // SAFETY: the macro's callbacks satisfy the contract of ConfigfsAdapter.
    let type = try unsafe ConfigfsType(
      of: Item.self, make: Made.make.function, drop: Made.drop.function)
    let items = try unsafe ConfigfsType(of: Made.self, make: nil, drop: nil)
    // INVARIANT: `deinit` drops the reference.
    unsafe node = try ConfigfsNode.make(item, type: type, items: items)
  }

  deinit {
    // SAFETY: this value holds the reference that `ConfigfsNode.make` returned, and drops it only
    // here.
    unsafe apus_configfs_put(&node.pointee.configfs)
  }

  /// The group's item.
  public var item: Item {
    // SAFETY: the type's invariant; callers only borrow the item, as the attribute callbacks do.
    @inline(__always) _read { yield unsafe node.pointee.item }
  }

  /// Adds this group to a parent as a default group.
  @unsafe
  func add(to parent: UnsafeMutablePointer<apus_configfs>, _ name: StaticCString) throws(Errno) {
    // SAFETY: the type's invariant; a literal ends with a NUL, and C copies its text.
    try Errno.check(unsafe apus_configfs_name(&node.pointee.configfs, name.cString))
    // SAFETY: the caller's parent is not linked yet; each group is a property of one item, which
    // has one node.
    unsafe apus_configfs_add_group(parent, &node.pointee.configfs.subsystem.su_group)
  }
}

/// An item under construction, to which the macro's code adds the default groups.
///
/// Drivers do not use it.
///
/// Invariant: `configfs` is initialised and not linked into configfs yet.
@safe
public struct ConfigfsParent: ~Copyable, ~Escapable {
  private let configfs: UnsafeMutablePointer<apus_configfs>

  @_lifetime(immortal) @unsafe
  init(_ configfs: UnsafeMutablePointer<apus_configfs>) {
    // INVARIANT: the caller has initialised it and has not linked it.
    unsafe self.configfs = configfs
  }

  /// Adds a default group. The corresponding C function is `configfs_add_default_group`.
  ///
  /// Throws: `outOfMemory`.
  @unsafe
  public borrowing func add<Item: ConfigfsItem & ~Copyable>(
    _ name: StaticCString, _ group: borrowing ConfigfsGroup<Item>
  ) throws(Errno) {
    // SAFETY: `configfs` is initialised and not linked into configfs yet, as `group.add` requires.
    try unsafe group.add(to: configfs, name)
  }

  /// Adds a default group, if there is one.
  @unsafe
  public borrowing func add<Item: ConfigfsItem & ~Copyable>(
    _ name: StaticCString, _ group: borrowing ConfigfsGroup<Item>?
  ) throws(Errno) {
    switch group {
    case .some(let group):
      // SAFETY: `configfs` is initialised and not linked into configfs yet, as `group.add`
      // requires.
      try unsafe group.add(to: configfs, name)
    case .none: break
    }
  }

  /// Adds the group with the attributes of fault injection, if the kernel supports such groups.
  ///
  /// Throws: `busy` if the group was added before; `outOfMemory`.
  @unsafe
  public borrowing func add(_ name: StaticCString, _ group: borrowing FaultInjection) throws(Errno)
  {
    // SAFETY: `configfs` is initialised and not linked into configfs yet.
    try unsafe group.add(to: configfs, name)
  }
}
