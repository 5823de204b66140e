// SPDX-License-Identifier: GPL-2.0-only
// Faults on purpose, where the kernel has them.
// C header: include/linux/fault-inject.h

internal import CKernel

/// How often something is to fail on purpose. A driver asks before it does the thing.
///
/// Kernels without `CONFIG_FAULT_INJECTION`, as distributions ship them, have none of it: there `shouldFail` is false at no
/// cost, and nothing appears in configfs.
///
/// As a property of an item of configfs, marked `@Group("name")`, it is a directory with the kernel's own attributes
/// (`probability`, `interval`, `times`, `space`, `verbose`, …) on kernels that have that (`isSupportedInConfigfs`).
///
/// What the attributes mean is in the kernel's Documentation/fault-injection/fault-injection.rst.
///
/// A value can be shared: the owners ask about, and count, the same faults.
@safe
public struct FaultInjection: ~Copyable, @unchecked Sendable {
  private let core: Shared<Core>

  /// What the owners share, in memory of its own: configfs keeps it in lists.
  ///
  /// Invariant: `fault` is initialised.
  @safe @usableFromInline struct Core: ~Copyable, @unchecked Sendable {
    let fault: HeapBox<apus_fault>

    deinit {
      // SAFETY: the type's invariant; the item that it was a group of has ended, and configfs has let go of it.
      unsafe apus_fault_end(fault.address)
    }
  }

  private init(core: consuming Shared<Core>) { self.core = core }

  /// One more owner.
  ///
  /// Context: any. The last owner's end may sleep.
  public borrowing func share() -> FaultInjection { FaultInjection(core: core.share()) }

  /// Whether this kernel injects faults at all.
  @inline(__always)
  public static var isSupported: Bool { APUS_HAS_FAULT_INJECTION.rawValue != 0 }

  /// Whether the attributes are in configfs: from Linux 6.4 on, if it is configured.
  @inline(__always)
  public static var isSupportedInConfigfs: Bool { APUS_HAS_FAULT_GROUPS.rawValue != 0 }

  /// One that fails as a text says: "interval,probability,space,times", as the kernel's parameters have it. With an empty text
  /// it never fails, until a user says otherwise. What a text describes fails without a line in the log.
  /// The corresponding C macro and function are `DECLARE_FAULT_ATTR` and `setup_fault_attr`.
  ///
  /// Throws: `invalidArgument` for another text, with a line in the log; `outOfMemory`.
  /// Context: may sleep.
  public init(_ text: ParameterString = ParameterString()) throws(Errno) {
    let fault = try HeapBox(apus_fault(), .kernel)
    // SAFETY: the memory is the box's own.
    unsafe apus_fault_init(fault.address)
    if text.count > 0 {
      // SAFETY: the text ends with a NUL, and is only read.
      try Errno.check(unsafe text.withCString { text in unsafe apus_fault_setup(fault.address, text) })
    }
    // INVARIANT: initialised above.
    core = try Shared(Core(fault: fault), .kernel)
  }

  /// Whether this one is to fail. The corresponding C function is `should_fail`.
  ///
  /// - Parameter size: how much it counts against `space`: bytes, for an allocation.
  ///
  /// Context: any.
  @inline(__always)
  public func shouldFail(size: Int = 1) -> Bool {
    guard FaultInjection.isSupported else { return false }
    // SAFETY: the type's invariant; the kernel's function is called on several CPUs at once, as the kernel's own users do.
    return unsafe apus_fault_should_fail(core.value.fault.address, size)
  }

  /// Adds the directory to an item's that is being made.
  @unsafe
  func add(to parent: UnsafeMutablePointer<apus_configfs>, _ name: Literal) throws(Errno) {
    // SAFETY: the type's invariant; a literal ends with a NUL, and its text is copied.
    try Errno.check(unsafe apus_fault_add_group(core.value.fault.address, parent, name.cString))
  }
}
