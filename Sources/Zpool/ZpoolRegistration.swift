// SPDX-License-Identifier: GPL-2.0-only
// Registering an allocator with zpool.
// C header: include/linux/zpool.h

package import CKernel
public import Kernel

/// A driver in the kernel's list, as long as this value lives.
///
/// A driver that has a pool cannot be removed from the list, and the kernel reads its structure
/// until the pool is destroyed. If this value ends before that, the driver is removed from the list
/// when the module ends. The structure stays until then in any case.
///
/// Invariant: `driver` is a filled structure in its own allocation, which is in the kernel's list.
@safe @usableFromInline
struct RegisteredDriver: ~Copyable, @unchecked Sendable {
  let driver: UnsafeMutablePointer<zpool_driver>

  @unsafe
  init(_ name: StaticCString, _ table: UnsafeRawPointer) throws(Errno) {
    // SAFETY: the name is a NUL-terminated literal, and the table is a static variable; both stay
    // as long as the module.
    guard let driver = unsafe apus_zpool_register(name.cString, table) else { throw .outOfMemory }
    // INVARIANT: the driver was just registered.
    unsafe self.driver = driver
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: the type's invariant. The structure is not freed here: the end of the module frees it
    // once it is not in the list, or a later registration reuses it.
    if unsafe apus_zpool_unregister(driver) {
      unsafe apus_unregistered()
    } else {
      log(
        .warning,
        "a pool of an allocator is in use: it can be told to use the allocator until the module ends"
      )
    }
  }
}

/// An allocator that is registered under its name as long as this value lives. zswap uses it with
/// `zswap.zpool=NAME`.
///
/// A pool of the allocator keeps the module from being unloaded, so no pool exists when this value
/// ends with the module. If this value ends earlier and zswap has a pool, the allocator stays
/// registered until the module ends, and a message goes to the kernel log.
public struct ZpoolRegistration<Driver: Allocator & ~Copyable>: ~Copyable, Sendable {
  let registered: Shared<RegisteredDriver>

  /// The registered structure, which stays as long as this value.
  @unsafe
  package var driver: UnsafeMutablePointer<zpool_driver> {
    // SAFETY: the caller does not use the address after this value has ended.
    unsafe registered.value.driver
  }

  /// The corresponding C function is `zpool_register_driver`.
  ///
  /// Throws: `outOfMemory`; then nothing is registered.
  /// Context: may sleep.
  public init(_ driver: Driver.Type) throws(Errno) {
    // SAFETY: the macro made the table.
    registered = try Shared(
      try unsafe RegisteredDriver(Driver.zpoolName, UnsafeRawPointer(Driver.zpoolTable)), .kernel)
  }
}
