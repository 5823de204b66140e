// SPDX-License-Identifier: GPL-2.0-only
// A directory directly below /sys/kernel/config, in which users make items.
// C header: include/linux/configfs.h (struct configfs_subsystem)

internal import CKernel

/// A subsystem of configfs: a root directory in which mkdir makes items of one type.
///
/// The root has attributes. The directory exists as long as the value.
///
/// A module cannot be unloaded while an item exists, so no item is left when the module's value is
/// destroyed. If the subsystem is destroyed earlier, while users have items in it, the library logs
/// an error and the directory stays until the module is unloaded: only users can remove their
/// items.
///
/// Invariant: `node` is registered, and `ConfigfsNode.make` returned it.
@safe
public struct ConfigfsSubsystem<Item: CreatedConfigfsItem & ~Copyable>: ~Copyable,
  @unchecked Sendable
{
  private let node: UnsafeMutablePointer<ConfigfsNode<Item.Root>>

  /// Creates the directory. The corresponding C function is `configfs_register_subsystem`.
  ///
  /// Throws: `invalidArgument` for a name that no directory can have; `outOfMemory`; `exists` if a
  /// directory of that name exists. The root's value is destroyed then.
  /// Context: may sleep.
  public init(
    _ name: StaticCString, root: consuming Item.Root, class lockClass: LockClass = #lockClass
  ) throws(Errno) {
    guard name.isFileName else {
      log(.error, "a configfs subsystem needs the name of a directory")
      throw .invalidArgument
    }
    // SAFETY: the macro's callbacks satisfy the contract of ConfigfsAdapter.
    let rootType = try unsafe ConfigfsType(
      of: Item.Root.self, make: Item.make.function, drop: Item.drop.function)
    let itemType = try unsafe ConfigfsType(of: Item.self, make: nil, drop: nil)
    let node = try unsafe ConfigfsNode.make(root, type: rootType, items: itemType)
    // SAFETY: a literal ends with a NUL and lives as long as the module, as does the name of the
    // lock class.
    var result = unsafe apus_configfs_name(&node.pointee.configfs, name.cString)
    if result == 0 {
      result = unsafe apus_configfs_register(&node.pointee.configfs, lockClass.address)
    }
    if result != 0 {
      // SAFETY: not registered, so this is the only reference; dropping it makes `release` take the
      // memory back.
      unsafe apus_configfs_put(&node.pointee.configfs)
      throw Errno(kernelResult: result)
    }
    // SAFETY: `deinit` reverts the count.
    unsafe apus_registered()
    // INVARIANT: registered above.
    unsafe self.node = node
  }

  deinit {
    // SAFETY: `init` registered `node`, which stays registered until this call.
    guard unsafe apus_configfs_unregister(&node.pointee.configfs, false) == 0 else {
      log(
        .error,
        "a configfs subsystem ends while there are items in it; it stays until the module ends")
      // SAFETY: the type's invariant; the module's glue unregisters the subsystem when nothing
      // refers to the module any more.
      unsafe apus_configfs_leave(&node.pointee.configfs)
      return
    }
    // SAFETY: unregistered, so this is the last reference; `release` takes the memory back.
    unsafe apus_configfs_put(&node.pointee.configfs)
    // SAFETY: the kernel no longer calls into this subsystem.
    unsafe apus_unregistered()
  }

  /// The root's value.
  public var root: Item.Root {
    // SAFETY: the type's invariant; callers only borrow the item, as the attribute callbacks do.
    @inline(__always) _read { yield unsafe node.pointee.item }
  }
}
