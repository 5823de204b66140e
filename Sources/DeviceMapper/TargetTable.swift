// SPDX-License-Identifier: GPL-2.0-only
// The table of callbacks for device mapper.
// C header: include/linux/device-mapper.h (struct target_type)

/// The C table of a target type. Its fields are those of a `struct target_type` (asserted in
/// CKernel/dm.h and tables.h). The entry of an operation that a target does not implement is null.
///
/// Sources/KernelMacros/Operations.swift describes the callbacks.
///
/// The macro `@DeviceMapperTarget` writes it as constant data inside the target's type; a driver
/// does not use it. Registration fills in the name, version, features and module. Making a table
/// requires `unsafe`, and the table of another target has another type.
@safe @CallbackTable
public struct TargetTable<Driver: Target & ~Copyable> {
  /// A pointer that the device mapper passes. Operations.swift says to what.
  public typealias Pointer = UnsafeMutableRawPointer

  var features: UInt64 = 0
  var name: UnsafePointer<CChar>? = nil
  var module: UnsafeMutableRawPointer? = nil
  var major: UInt32 = 0
  var minor: UInt32 = 0
  var patch: UInt32 = 0
  let entries: Entries
  // The links of device mapper's list of types.
  var next: UnsafeMutableRawPointer? = nil
  var previous: UnsafeMutableRawPointer? = nil
  // The library's part, which `struct apus_dm_type` adds to the `struct target_type`.
  var registration: UnsafeMutableRawPointer? = nil
}
