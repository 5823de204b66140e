// SPDX-License-Identifier: GPL-2.0-only
// A directory right below /sys/kernel/config, in which users make items.
// C header: include/linux/configfs.h (struct configfs_subsystem)

internal import CKernel

/// A subsystem of configfs: a root with attributes, in which mkdir makes items of one kind. It is there as long as the value
/// lives.
///
/// A module cannot be unloaded while there is an item, so there is none when the module's value ends. Where a value ends earlier
/// while users have items in it, the directory stays until the module ends, with a line in the log: nobody else can take their
/// items away.
///
/// Invariant: `core` is registered, and is what `ConfigurationCore.make` gave.
@safe
public struct ConfigurationSubsystem<Item: MadeConfigurationItem & ~Copyable>: ~Copyable, @unchecked Sendable {
  private let core: UnsafeMutablePointer<ConfigurationCore<Item.Root>>

  /// Makes the directory. The corresponding C function is `configfs_register_subsystem`.
  ///
  /// Throws: `outOfMemory`; `exists` if there is a directory of that name. The root's value has ended then.
  /// Context: may sleep.
  public init(
    _ name: Literal, root: consuming Item.Root, class lockClass: LockClass = #lockClass
  ) throws(Errno) {
    // SAFETY: the macro's callbacks keep the contract of ConfigurationAdapter.
    let rootType = try unsafe ConfigurationType(of: Item.Root.self, make: Item.make.function, drop: Item.drop.function)
    let itemType = try unsafe ConfigurationType(of: Item.self, make: nil, drop: nil)
    let core = try unsafe ConfigurationCore.make(root, type: rootType, items: itemType)
    // SAFETY: a literal's bytes are followed by a NUL and live for ever, and so does the class's name.
    var result = unsafe apus_configfs_name(&core.pointee.configfs, name.cString)
    if result == 0 { result = unsafe apus_configfs_register(&core.pointee.configfs, lockClass.address) }
    if result != 0 {
      // SAFETY: not registered: ours is the one reference, and its end takes the box back in `release`.
      unsafe apus_configfs_put(&core.pointee.configfs)
      throw Errno(kernelResult: result)
    }
    // SAFETY: taken back in `deinit`.
    unsafe apus_registered()
    // INVARIANT: registered just now.
    unsafe self.core = core
  }

  deinit {
    // SAFETY: the type's invariant.
    guard unsafe apus_configfs_unregister(&core.pointee.configfs) == 0 else {
      log(.error, "a configfs subsystem ends while there are items in it; it stays until the module ends")
      // SAFETY: the type's invariant; the glue takes it back when nothing has the module any more.
      unsafe apus_configfs_leave(&core.pointee.configfs)
      return
    }
    // SAFETY: unregistered, so ours is the last reference; `release` takes the box back.
    unsafe apus_configfs_put(&core.pointee.configfs)
    // SAFETY: the kernel calls nothing of this subsystem's any more.
    unsafe apus_unregistered()
  }

  /// The root's value.
  public var root: Item.Root {
    // SAFETY: the type's invariant; it is only borrowed, here as in the attributes.
    @inline(__always) _read { yield unsafe core.pointee.item }
  }
}
