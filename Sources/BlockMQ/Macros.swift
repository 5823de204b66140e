// SPDX-License-Identifier: GPL-2.0-only
// The macro of a block driver. What it writes is in Sources/KernelMacros.
// C header: include/linux/blk-mq.h

/// Writes a block driver's C table of operations, as constant data inside the driver's type.
@attached(member, names: named(__operations), named(operationsTable))
public macro BlockDriver() = #externalMacro(module: "KernelMacros", type: "BlockDriverMacro")
