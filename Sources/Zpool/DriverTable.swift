// SPDX-License-Identifier: GPL-2.0-only
// The table of callbacks for the kernel.
// C header: include/linux/zpool.h (struct zpool_driver)

/// The C callbacks of a driver, for both kinds of kernel.
///
/// Its fields are those of `struct apus_zpool_table` (CKernel/zpool.h, asserted in tables.h), from
/// which the kernel's own structure is filled. Sources/KernelMacros/Operations.swift describes the
/// callbacks. `map` and `unmap` are not in it: they are the same for all drivers, because a slot
/// contains its object's address.
///
/// The macro `@ZpoolDriver` writes it as constant data inside the allocator's type. An allocator
/// does not use it. Making one requires `unsafe`, and the table of another allocator has another
/// type.
@safe @CallbackTable
public struct DriverTable<Driver: Allocator & ~Copyable> {
  /// A pointer that the zpool layer passes. Operations.swift says to what.
  public typealias Pointer = UnsafeMutableRawPointer

  let entries: Entries
}
