// SPDX-License-Identifier: GPL-2.0-only
// The table of callbacks that is passed to the kernel.
// C header: include/linux/blk-mq.h (struct blk_mq_ops)

/// The C table of a driver's operations, with the layout of `struct blk_mq_ops` (asserted in
/// CKernel/tables.h). Operations that a driver does not implement are null.
///
/// Sources/KernelMacros/Operations.swift describes the callbacks.
///
/// Written by the macro `@BlockDriver` as constant data inside the driver's type; a driver does not
/// use it. A driver cannot make the value without `unsafe`, and the table of another driver has
/// another type.
@safe @CallbackTable
public struct OperationsTable<Driver: BlockDriver & ~Copyable> {
  /// A pointer that the block layer passes. Operations.swift says to what.
  public typealias Pointer = UnsafeMutableRawPointer

  let entries: Entries
}
