// SPDX-License-Identifier: GPL-2.0-only
// Making an allocator known to zpool.
// C header: include/linux/zpool.h

internal import CKernel
public import Kernel

/// A driver in the kernel's list, as long as this value lives.
///
/// A driver that has a pool cannot leave the list, and the kernel reads its structure until the
/// pool goes. If this value ends before that, the structure stays, and the driver leaves the list
/// when the module ends.
///
/// Invariant: `driver` is a filled structure in memory of its own that the kernel has in its list.
@safe @usableFromInline
struct RegisteredDriver: ~Copyable, @unchecked Sendable {
  let driver: UnsafeMutablePointer<zpool_driver>

  @unsafe
  init(_ name: Literal, _ table: UnsafeRawPointer) throws(Errno) {
    // SAFETY: the name is a literal with a NUL behind it, and the table a static variable; both stay as long as the module.
    guard let driver = unsafe apus_zpool_register(name.cString, table) else { throw .outOfMemory }
    // INVARIANT: made just now.
    unsafe self.driver = driver
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: the type's invariant; this value or the module's end frees the structure, once it
    // is in no list.
    if unsafe apus_zpool_unregister(driver) {
      unsafe apus_unregistered()
    } else {
      log(.warning, "a pool of an allocator is in use: it can be told to use the allocator until the module ends")
    }
  }
}

/// An allocator that zswap can be told to use by its name, as long as this value lives: `zswap.zpool=NAME`.
///
/// A pool of it keeps the module from being unloaded, so there is none any more when this ends with
/// the module. If it ends before, and zswap has a pool, the allocator stays known until the module
/// ends, and the log says so.
public struct ZpoolRegistration<Driver: Allocator & ~Copyable>: ~Copyable, Sendable {
  let core: Shared<RegisteredDriver>

  /// The corresponding C function is `zpool_register_driver`.
  ///
  /// Throws: `outOfMemory`; then nothing is registered.
  /// Context: may sleep.
  public init(_ driver: Driver.Type) throws(Errno) {
    // SAFETY: the macro's table.
    core = try Shared(try unsafe RegisteredDriver(Driver.zpoolName, UnsafeRawPointer(Driver.zpoolTable)), .kernel)
  }
}
