// SPDX-License-Identifier: GPL-2.0-only
// A registered target type.
// C header: include/linux/device-mapper.h (dm_register_target)

internal import CKernel
public import Kernel

/// A registered target type: tables can name it as long as this value exists. A module's value owns
/// it. With the alias `dm-NAME`, the kernel loads the module when a table names the target.
///
/// Each target of a table holds a reference to the module, so the module cannot be unloaded before
/// its targets are destroyed. A module that registers several types does so last in its `init`: a
/// table may name a type immediately, and its targets would remain if `init` threw after that.
///
/// Invariant: `Driver`'s table is registered until `deinit`, by this value alone.
@safe
public struct TargetRegistration<Driver: Target & ~Copyable>: ~Copyable, Sendable {
  // (Without a stored property the value would be complete from the start, so Swift would run
  // `deinit` if `init` throws.)
  private let isRegistered: Bool

  /// Registers the type. The corresponding C function is `dm_register_target`.
  ///
  /// Throws: `busy` if the type is registered already; `busy` (before 6.5 `exists`) if another type
  /// with that name is registered; `invalidArgument`, with a line in the log, if the type's
  /// features and operations do not fit together, or if the features are not those of the type's
  /// first registration; `outOfMemory`.
  /// Context: may sleep.
  public init() throws(Errno) {
    let features = Driver.targetFeatures
    let traits = Driver.targetTraits
    // SAFETY: the table is static. This call has exclusive use of it after the claim.
    let table = unsafe Driver.targetTable
    try Errno.check(unsafe apus_dm_claim(table, features.rawValue, traits.name.cString))
    unsafe table.pointee.name = traits.name.cString
    unsafe table.pointee.module = apus_this_module()
    unsafe table.pointee.major = traits.major
    unsafe table.pointee.minor = traits.minor
    unsafe table.pointee.patch = traits.patch
    // INVARIANT: this call registers the table, or throws.
    try Errno.check(unsafe apus_dm_register(table))  // (Releases the claim if it fails.)
    isRegistered = true
    // SAFETY: `deinit` takes the registration back.
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: the type's invariant. No target is left, since each holds a reference to the module.
    unsafe apus_dm_unregister(Driver.targetTable)
    unsafe apus_unregistered()
  }
}
