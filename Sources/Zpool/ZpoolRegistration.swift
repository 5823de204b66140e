// SPDX-License-Identifier: GPL-2.0-only
// Making an allocator known to zpool.
// C header: include/linux/zpool.h

internal import CKernel
public import Kernel

/// A driver in the kernel's list, as long as this value lives.
///
/// Invariant: `driver` is a filled structure that the kernel has in its list, and that does not move.
@safe @usableFromInline
struct RegisteredDriver: ~Copyable, @unchecked Sendable {
  let driver: HeapBox<zpool_driver>

  @unsafe
  init(_ name: Literal, _ table: UnsafeRawPointer) throws(Errno) {
    // SAFETY: zeroes, filled by the next call.
    let box = try unsafe HeapBox(zpool_driver(), .kernel)
    // SAFETY: the name is a literal with a NUL behind it, and the table a static variable; both stay as long as the module.
    unsafe apus_zpool_fill(box.address, name.cString, table)
    // INVARIANT: filled just now, once; the box keeps it in its place.
    unsafe apus_zpool_register(box.address)
    unsafe apus_registered()
    unsafe self.driver = box
  }

  deinit {
    // SAFETY: the type's invariant; the memory goes after this.
    unsafe apus_zpool_unregister(driver.address)
    unsafe apus_unregistered()
  }
}

/// An allocator that zswap can be told to use by its name, as long as this value lives: `zswap.zpool=NAME`.
///
/// A pool of it keeps the module from being unloaded, so there is none any more when this ends with the module.
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
