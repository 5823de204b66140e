// SPDX-License-Identifier: GPL-2.0-only
// Lock classes: which locks lockdep treats as one class.
// C header: include/linux/lockdep.h

internal import CKernel

/// A class of locks: those that one expression in the source creates, unless the driver names the
/// class.
///
/// With `CONFIG_LOCKDEP`, the kernel learns in which order and in which contexts lock classes are
/// taken, and reports an order that could deadlock. lockdep distinguishes locks only by class.
/// Every initialiser of a lock takes a class, as does that of a type that contains a lock or that a
/// task can wait for. The default is `#lockClass`, which stands for the place of the call. If locks
/// from one place have different roles, the driver names their classes:
/// `SpinLockIRQ(0, class: "the parent's count")`.
///
/// Without `CONFIG_LOCKDEP` the class costs nothing and is not in the module.
///
/// Invariant: `name` is a literal: static memory of the module that ends with a NUL. lockdep
/// identifies the class by that address, so classes of the same name in one module are one class.
@frozen
public struct LockClass: ExpressibleByStringLiteral, Sendable {
  @usableFromInline let name: StaticCString

  /// The class that a string literal names. The compiler calls this for the literal.
  @inlinable
  public init(stringLiteral name: StaticCString) { self.name = name }
}

extension LockClass {
  /// The name as a C string, whose address is the key.
  @inline(__always) @unsafe
  var address: UnsafePointer<CChar> {
    // SAFETY: `name` is a literal, which ends with a NUL and stays as long as the module is loaded.
    unsafe name.cString
  }
}

/// The class of the locks that the call at this place creates.
///
/// Its name is the place: file, line and column.
///
/// As a default argument, it stands for the place of the call.
@freestanding(expression)
public macro lockClass() -> LockClass =
  #externalMacro(module: "KernelMacros", type: "LockClassMacro")
