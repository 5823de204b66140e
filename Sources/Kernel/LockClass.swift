// SPDX-License-Identifier: GPL-2.0-only
// Which locks lockdep holds for the same.
// C header: include/linux/lockdep.h

internal import CKernel

/// A class of locks: those that are made at one place in the source, unless they are given a name of their own.
///
/// The debug kernel's lockdep learns in which order classes of locks are taken, and in which contexts, and reports an
/// order that could ever deadlock. It can only tell apart what has different classes: every initialiser of a lock, or of
/// something that has one within or can be waited for, takes one, by default `#lockClass`, which is the line that calls the
/// initialiser. Locks that are made in one place and
/// still have different tasks are told apart by name: `SpinLock(0, class: "the parent's count")`.
///
/// Kernels without lockdep pay nothing: there the class is not even in the module.
///
/// Invariant: `name` is a literal's text: static memory of the module, which ends in a zero. Its address is what lockdep
/// knows the class by, so classes of one name in one module are one class.
@frozen
public struct LockClass: ExpressibleByStringLiteral, Sendable {
  @usableFromInline let name: Literal

  @inlinable
  public init(stringLiteral name: Literal) { self.name = name }
}

extension LockClass {
  /// The name as C takes it.
  @inline(__always) @unsafe
  var address: UnsafePointer<CChar> {
    // SAFETY: the type's invariant.
    unsafe name.cString
  }
}

/// The class of the locks that the line of this expression makes, named after it.
///
/// As a default argument it is the line of the call.
@freestanding(expression)
public macro lockClass() -> LockClass = #externalMacro(module: "KernelMacros", type: "LockClassMacro")
