// SPDX-License-Identifier: GPL-2.0-only
// Fault injection, on kernels that support it.
// C header: include/linux/fault-inject.h

internal import CKernel

/// A fault attribute: how often an operation fails on purpose.
///
/// The driver asks `shouldFail` before the operation.
///
/// Kernels without `CONFIG_FAULT_INJECTION`, such as those of distributions, inject no faults:
/// `shouldFail` is always false and costs nothing, and configfs shows no attributes.
///
/// As a property of a configfs item, marked `@Group("name")`, it is a directory with the kernel's
/// own attributes (`probability`, `interval`, `times`, `space`, `verbose`, …), on kernels that
/// support this (`isSupportedInConfigfs`).
///
/// The kernel's Documentation/fault-injection/fault-injection.rst describes the attributes.
///
/// A value can be shared: all owners then use and count the same faults.
@safe
public struct FaultInjection: ~Copyable, @unchecked Sendable {
  private let storage: Shared<Storage>

  /// The state that the owners share. Allocated separately, because configfs links it into lists.
  ///
  /// Invariant: `fault` is initialised.
  @safe @usableFromInline struct Storage: ~Copyable, @unchecked Sendable {
    let fault: HeapBox<apus_fault>

    deinit {
      // SAFETY: the type's invariant; the item whose group it was is destroyed, and configfs holds
      // no reference any more.
      unsafe apus_fault_end(fault.address)
    }
  }

  private init(storage: consuming Shared<Storage>) { self.storage = storage }

  /// Returns another owner of the same fault attribute.
  ///
  /// Context: any. Destroying the last owner may sleep.
  public borrowing func share() -> FaultInjection { FaultInjection(storage: storage.share()) }

  /// Whether this kernel supports fault injection.
  @inline(__always)
  public static var isSupported: Bool { APUS_HAS_FAULT_INJECTION.rawValue != 0 }

  /// Whether configfs can show the attributes: on Linux 6.4 and later with
  /// `CONFIG_FAULT_INJECTION_CONFIGFS`.
  @inline(__always)
  public static var isSupportedInConfigfs: Bool { APUS_HAS_FAULT_GROUPS.rawValue != 0 }

  /// Creates a fault attribute from a text in the format of the kernel's parameters:
  /// "interval,probability,space,times".
  ///
  /// With an empty text it never fails, until a user changes the attributes. Faults that a text
  /// describes are not logged.
  /// The corresponding C macro and function are `DECLARE_FAULT_ATTR` and `setup_fault_attr`.
  ///
  /// Throws: `invalidArgument` for a text in another format, which the kernel also logs;
  /// `outOfMemory`.
  /// Context: may sleep.
  public init(_ text: ParameterString = ParameterString()) throws(Errno) {
    let fault = try HeapBox(apus_fault(), .kernel)
    // SAFETY: the box owns the memory.
    unsafe apus_fault_init(fault.address)
    if text.count > 0 {
      // SAFETY: the text ends with a NUL, and C only reads it.
      try Errno.check(
        unsafe text.withCString { text in unsafe apus_fault_setup(fault.address, text) })
    }
    // INVARIANT: initialised above.
    storage = try Shared(Storage(fault: fault), .kernel)
  }

  /// Whether the operation is to fail. The corresponding C function is `should_fail`.
  ///
  /// - Parameter size: the amount to count against `space`: bytes, for an allocation.
  ///
  /// Context: any.
  @inline(__always)
  public func shouldFail(size: Int = 1) -> Bool {
    guard FaultInjection.isSupported else { return false }
    // SAFETY: the type's invariant; the kernel's own users also call this function on several CPUs
    // concurrently.
    return unsafe apus_fault_should_fail(storage.value.fault.address, size)
  }

  /// Adds the directory to an item under construction.
  @unsafe
  func add(to parent: UnsafeMutablePointer<apus_configfs>, _ name: StaticCString) throws(Errno) {
    // SAFETY: the type's invariant; a literal ends with a NUL, and C copies its text.
    try Errno.check(unsafe apus_fault_add_group(storage.value.fault.address, parent, name.cString))
  }
}
