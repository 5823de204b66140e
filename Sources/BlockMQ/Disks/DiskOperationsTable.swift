// SPDX-License-Identifier: GPL-2.0-only
// The table of a disk's own callbacks.
// C header: include/linux/blkdev.h (struct block_device_operations)

/// The C table of a disk's operations, with the layout of `struct apus_disk_table` (asserted in
/// CKernel/tables.h) and room for the kernel's own table at its end. Operations that a driver does
/// not implement are null in both tables.
///
/// Sources/KernelMacros/Operations.swift describes the callbacks.
///
/// Written by the macros `@BlockDriver` and `@BioDriver` inside the driver's type; a driver does
/// not use it. A driver cannot make the value without `unsafe`, and the table of another driver has
/// another type.
@safe @CallbackTable
public struct DiskOperationsTable<Driver: ~Copyable> {
  /// A pointer that the library's C code passes. Operations.swift says to what.
  public typealias Pointer = UnsafeMutableRawPointer
  typealias EightWords = (UInt, UInt, UInt, UInt, UInt, UInt, UInt, UInt)

  let entries: Entries
  private var room: (EightWords, EightWords, EightWords) = (
    (0, 0, 0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0, 0, 0)
  )
}
