// SPDX-License-Identifier: GPL-2.0-only
// A value that several owners share.
// C header: include/linux/refcount.h

internal import CKernel

/// One owner of a value in memory of its own; the value ends with its last owner.
///
/// The count is the kernel's `refcount_t`, which saturates instead of wrapping around. Owners only read the value: what
/// they change lies behind a lock or an atomic within it.
///
/// Invariant: `core` is memory from kmalloc with a count of the owners there are, of which this is one, and an
/// initialised value.
@safe
public struct Shared<Value: ~Copyable>: ~Copyable {
  struct Core: ~Copyable {
    var owners: refcount_t
    var value: Value
  }

  private let core: UnsafeMutablePointer<Core>

  /// Moves a value into memory, with one owner.
  ///
  /// Throws: `outOfMemory`; the value has ended then.
  /// Context: as the flags say.
  public init(_ value: consuming Value, _ flags: AllocationFlags, node: NUMANode = .any) throws(Errno) {
    let box = try HeapBox(Core(owners: refcount_t(), value: value), flags, node: node)
    // INVARIANT: the memory is this owner's from here on, and the count becomes 1 below.
    unsafe core = box.take()
    // SAFETY: nobody else knows the memory yet.
    unsafe apus_refcount_init(&core.pointee.owners)
  }

  private init(core: UnsafeMutablePointer<Core>) {
    // INVARIANT: `share` counted this owner.
    unsafe self.core = core
  }

  deinit {
    // SAFETY: the type's invariant.
    guard unsafe apus_refcount_put(&core.pointee.owners) else { return }
    // SAFETY: that was the last owner; the memory is as `init` took it from the box.
    _ = unsafe HeapBox(owning: core)
  }

  /// One more owner.
  ///
  /// Context: any.
  public borrowing func share() -> Shared {
    // SAFETY: the type's invariant: there is one owner at least.
    unsafe apus_refcount_get(&core.pointee.owners)
    return unsafe Shared(core: core)
  }

  /// The value.
  public var value: Value {
    // SAFETY: the type's invariant; owners only read.
    @inline(__always) _read { yield unsafe core.pointee.value }
  }
}

// SAFETY: the count is atomic, and owners on several threads only read the value, which must be ready for that. The
// last owner, on whatever thread, ends it.
extension Shared: @unchecked Sendable where Value: Sendable & ~Copyable {}
