// SPDX-License-Identifier: GPL-2.0-only
// The C types that configfs reads: attributes and callbacks of one type of item.
// C header: include/linux/configfs.h (struct config_item_type)

internal import CKernel

/// The C structures for one type of item, allocated for as long as the value lives.
///
/// Invariant: `raw` points to memory from kmalloc that is initialised and has room for `capacity`
/// attributes.
@safe
public struct ConfigfsType: ~Copyable {
  typealias Make = @convention(c) (OpaquePointer?, UnsafePointer<CChar>?) -> OpaquePointer?
  typealias Drop = @convention(c) (OpaquePointer?, OpaquePointer?) -> Void

  /// The C callback that writes an attribute's value to a page, and returns the number of bytes or
  /// a negated error code.
  ///
  /// The corresponding C field is `show` of `struct configfs_attribute`.
  public typealias Show = @convention(c) (OpaquePointer?, UnsafeMutablePointer<CChar>?) -> Int

  /// The C callback that sets an attribute from a text and its number of bytes, and returns that
  /// number or a negated error code.
  ///
  /// The corresponding C field is `store` of `struct configfs_attribute`.
  public typealias Store = @convention(c) (OpaquePointer?, UnsafePointer<CChar>?, Int) -> Int

  private static var maximumCount: Int { 1024 }

  private let raw: UnsafeMutablePointer<apus_config_type>
  private let capacity: Int

  /// Builds the structures for a type of item.
  ///
  /// `make` and `drop` are nil unless users make items in it.
  init<Item: ConfigfsItem & ~Copyable>(of item: Item.Type, make: Make?, drop: Drop?) throws(Errno) {
    // (A driver could implement `attributeCount` itself, so the count is read once and bounded.)
    let count = UInt32(clamping: min(Item.attributeCount, ConfigfsType.maximumCount))
    capacity = Int(count)
    // SAFETY: any size and flags are valid arguments.
    guard
      let memory = unsafe apus_kmalloc_node(
        apus_config_type_size(count), AllocationFlags.kernel.rawValue, -1)
    else { throw .outOfMemory }
    // INVARIANT: the memory has room for that many attributes; the next call initialises it.
    unsafe raw = memory.bindMemory(to: apus_config_type.self, capacity: 1)
    // SAFETY: the callbacks have the C signatures except for the pointer types, which have the same
    // size.
    unsafe apus_config_type_init(
      raw, count, unsafeBitCast(Item.release.function, to: CRelease.self),
      unsafeBitCast(make, to: CMake?.self),
      unsafeBitCast(drop, to: CDrop?.self))
    unsafe Item.describe(self)
  }

  private typealias CRelease = @convention(c) (UnsafeMutablePointer<config_item>?) -> Void
  private typealias CMake =
    @convention(c) (UnsafeMutablePointer<config_group>?, UnsafePointer<CChar>?) ->
    UnsafeMutablePointer<config_group>?
  private typealias CDrop =
    @convention(c) (UnsafeMutablePointer<config_group>?, UnsafeMutablePointer<config_item>?) -> Void
  private typealias CShow =
    @convention(c) (UnsafeMutablePointer<config_item>?, UnsafeMutablePointer<CChar>?) -> Int
  private typealias CStore =
    @convention(c) (UnsafeMutablePointer<config_item>?, UnsafePointer<CChar>?, Int) -> Int

  deinit {
    // SAFETY: the type's invariant; the owner of this value ensures that no item is left.
    unsafe apus_kfree(raw)
  }

  /// Adds an attribute. The macro's code calls this once for each attribute.
  @unsafe
  public borrowing func add(_ name: StaticCString, show: Show?, store: Store?) {
    // SAFETY: a literal ends with a NUL and lives as long as the module; the check below keeps the
    // count within the capacity.
    guard unsafe Int(raw.pointee.count) < capacity else { return }
    unsafe apus_config_type_add(
      raw, name.cString, unsafeBitCast(show, to: CShow?.self),
      unsafeBitCast(store, to: CStore?.self))
  }

  /// The structure that configfs uses.
  @unsafe
  var pointer: UnsafePointer<config_item_type> {
    // SAFETY: it is the first field of the structure.
    unsafe UnsafeRawPointer(raw).assumingMemoryBound(to: config_item_type.self)
  }
}
