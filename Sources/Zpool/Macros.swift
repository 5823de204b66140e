// SPDX-License-Identifier: GPL-2.0-only
// The macro of a zpool driver. What it writes is in Sources/KernelMacros.
// C header: include/linux/zpool.h

/// Writes the callbacks of a zpool driver inside the allocator's type, and the name by which zswap asks for it. The type conforms to
/// `Allocator`. With a method `evict` in its body it conforms to `EvictingAllocator` as well.
///
/// For `echo NAME > /sys/module/zswap/parameters/zpool` to load the module, its alias is `zpool-NAME`.
@attached(member, names: named(__callbacks), named(zpoolTable), named(zpoolName))
@attached(extension, conformances: EvictingAllocator)
public macro ZpoolDriver(_ name: Literal) = #externalMacro(module: "KernelMacros", type: "ZpoolDriverMacro")
