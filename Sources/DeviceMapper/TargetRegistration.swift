// SPDX-License-Identifier: GPL-2.0-only
// A type of target that device mapper knows.
// C header: include/linux/device-mapper.h (dm_register_target)

internal import CKernel
public import Kernel

/// A registered type of target: tables can name it as long as this value lives. A module's value owns it; with the alias
/// `dm-NAME` the module is loaded when a table names the target.
///
/// Each target of a table holds the module, so it cannot be unloaded before they are gone. A module that registers several types
/// does so last in its `init`: tables may name a type at once, and if `init` throws after that, they would be left behind.
///
/// Invariant: `Driver`'s table is registered until `deinit`, by this value alone.
@safe
public struct TargetRegistration<Driver: Target & ~Copyable>: ~Copyable, Sendable {
  // (A value without stored properties would be complete from the beginning, and so end where `init` throws.)
  private let isRegistered: Bool

  /// Registers the type. The corresponding C function is `dm_register_target`.
  ///
  /// Throws: `busy` if the type is registered already; `busy` (before 6.5 `exists`) if one of that name is.
  /// `outOfMemory`.
  /// Context: may sleep.
  public init() throws(Errno) {
    let features = Driver.targetFeatures
    let traits = Driver.targetTraits
    // SAFETY: the table is static. It is this call's, once it has been claimed.
    let table = unsafe Driver.targetTable
    try Errno.check(unsafe apus_dm_claim(table))
    unsafe table.pointee.features = features.rawValue
    unsafe table.pointee.name = traits.name.cString
    unsafe table.pointee.module = apus_this_module()
    unsafe table.pointee.major = traits.major
    unsafe table.pointee.minor = traits.minor
    unsafe table.pointee.patch = traits.patch
    // INVARIANT: registered by this call, or this throws.
    try Errno.check(unsafe apus_dm_register(table))  // (which gives the claim up if it fails)
    isRegistered = true
    // SAFETY: taken back in `deinit`.
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: the type's invariant. No target is left, since each holds the module.
    unsafe apus_dm_unregister(Driver.targetTable)
    unsafe apus_unregistered()
  }
}
