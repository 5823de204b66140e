// SPDX-License-Identifier: GPL-2.0-only
// The macro of a zpool driver. Its implementation is in Sources/KernelMacros.
// C header: include/linux/zpool.h

/// Writes the callbacks of a zpool driver and its zpool name inside the allocator's type.
///
/// The type conforms to `Allocator`. If it has a method `evict` in its body, it also conforms to
/// `EvictingAllocator`.
///
/// | method | protocol | C callback |
/// |---|---|---|
/// | `init` | `Allocator` | `create`, `destroy` |
/// | `allocate` | `Allocator` | `malloc` |
/// | `free` | `Allocator` | `free` |
/// | `evict` | `EvictingAllocator` | `shrink` |
/// | `pageCount` | `Allocator` | `total_pages`, `total_size` |
///
/// The module's alias is `zpool-NAME`, so that `echo NAME > /sys/module/zswap/parameters/zpool`
/// loads it.
@attached(member, names: named(__callbacks), named(zpoolTable), named(zpoolName))
@attached(extension, conformances: EvictingAllocator)
public macro ZpoolDriver(_ name: StaticCString) =
  #externalMacro(module: "KernelMacros", type: "ZpoolDriverMacro")

/// Writes the callbacks of the table with the struct's name, and its initialiser.
@attached(member, names: named(Entries), named(init))
macro CallbackTable() = #externalMacro(module: "KernelMacros", type: "CallbackTableMacro")
