// SPDX-License-Identifier: GPL-2.0-only
// A reference-counted value.
// C header: include/linux/refcount.h

internal import CKernel

/// One reference to a value in its own allocation. The value ends with its last reference.
///
/// The count is the kernel's `refcount_t`, which saturates instead of wrapping around. The owners
/// of references only read the value. State that they change is behind a lock or an atomic within
/// the value.
///
/// Invariant: `storage` is memory from kmalloc with an initialised value and the number of
/// references to it, of which this is one.
///
/// ```swift
/// /// The health of a lower device. The driver's value and the bios in flight share it.
/// struct DeviceHealth: ~Copyable, Sendable {
///   let errors = Atomic<Int>(0)
///
///   var isFailed: Bool { errors.load(ordering: .relaxed) >= 16 }
/// }
///
/// @BioHandler
/// struct ObservedWrite: BioHandler, ~Copyable {
///   private let health: Shared<DeviceHealth>
///
///   /// Each handler has a reference of its own, which ends when its bio has completed.
///   init(_ health: borrowing Shared<DeviceHealth>) { self.health = health.share() }
///
///   consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {
///     if status != .ok { health.value.errors.wrappingAdd(1, ordering: .relaxed) }
///   }
/// }
/// ```
@safe
public struct Shared<Value: ~Copyable>: ~Copyable {
  struct Storage: ~Copyable {
    var owners: refcount_t
    var value: Value
  }

  private let storage: UnsafeMutablePointer<Storage>

  /// Moves a value into its own allocation, with one reference.
  ///
  /// Throws: `outOfMemory`; the value has ended then.
  /// Context: as the flags say.
  public init(_ value: consuming Value, _ flags: AllocationFlags, node: NUMANode = .any)
    throws(Errno)
  {
    let box = try HeapBox(Storage(owners: refcount_t(), value: value), flags, node: node)
    // INVARIANT: this reference owns the memory from here on, and the count becomes 1 below.
    unsafe storage = box.take()
    // SAFETY: no other code knows the memory yet.
    unsafe apus_refcount_init(&storage.pointee.owners)
  }

  private init(storage: UnsafeMutablePointer<Storage>) {
    // INVARIANT: `share` counted this reference.
    unsafe self.storage = storage
  }

  deinit {
    // SAFETY: this value is one of the counted references, so the memory exists; only this call
    // drops that reference.
    guard unsafe apus_refcount_put(&storage.pointee.owners) else { return }
    // SAFETY: this was the last reference; `init` took the memory from a box.
    _ = unsafe HeapBox(owning: storage)
  }

  /// Takes another reference to the value.
  ///
  /// Context: any.
  public borrowing func share() -> Shared {
    // SAFETY: the type's invariant: there is at least one reference.
    unsafe apus_refcount_get(&storage.pointee.owners)
    return unsafe Shared(storage: storage)
  }

  /// The value.
  public var value: Value {
    // SAFETY: the type's invariant; the value is only read.
    @inline(__always) _read { yield unsafe storage.pointee.value }
  }
}

// SAFETY: the count is atomic. References on several threads only read the value, and the last one
// ends it on any thread, so the value must be Sendable.
extension Shared: @unchecked Sendable where Value: Sendable & ~Copyable {}
