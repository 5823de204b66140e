// SPDX-License-Identifier: GPL-2.0-only
// The table of callbacks for the kernel.
// C header: include/linux/zpool.h (struct zpool_driver)

/// The C callbacks of a driver, for both kinds of kernel.
///
/// Its fields are those of `struct apus_zpool_table` (CKernel/zpool.h), from which the kernel's own
/// structure is filled. `map` and `unmap` are not in it: they are the same for all drivers, because
/// a slot contains its object's address.
///
/// The macro `@ZpoolDriver` writes it as constant data inside the allocator's type. An allocator
/// does not use it. Making one requires `unsafe`, and the table of another allocator has another
/// type.
@safe
public struct DriverTable<Driver: Allocator & ~Copyable> {
  /// `create` on kernels until 6.7: gets the pool's name, GFP flags, the `struct zpool_ops` or
  /// null, and the `struct zpool`. Returns the pool, or null if there is an error.
  public typealias Create =
    @convention(c) (
      UnsafePointer<CChar>?, UInt32, UnsafeRawPointer?, UnsafeMutableRawPointer?
    ) -> UnsafeMutableRawPointer?

  /// `create` on kernels from 6.8: gets the pool's name and GFP flags. Returns the pool, or null if
  /// there is an error.
  public typealias CreatePlain =
    @convention(c) (UnsafePointer<CChar>?, UInt32) -> UnsafeMutableRawPointer?

  /// `destroy`: gets the pool.
  public typealias Destroy = @convention(c) (UnsafeMutableRawPointer) -> Void

  /// `malloc`: gets the pool, a size in bytes, GFP flags and a word for the handle. Returns 0 or a
  /// negated error code.
  public typealias Allocate =
    @convention(c) (UnsafeMutableRawPointer, UInt, UInt32, UnsafeMutablePointer<UInt>) -> Int32

  /// `free`: gets the pool and a handle.
  public typealias Free = @convention(c) (UnsafeMutableRawPointer, UInt) -> Void

  /// `shrink` on kernels until 6.7: gets the pool, a number of pages to free, and null or a word
  /// for the number of pages freed. Returns 0 or a negated error code.
  public typealias Shrink =
    @convention(c) (UnsafeMutableRawPointer, UInt32, UnsafeMutablePointer<UInt32>?) -> Int32

  /// `total_pages` on kernels from 6.8, `total_size` until 6.7: gets the pool, and returns its size
  /// in pages or in bytes.
  public typealias Total = @convention(c) (UnsafeMutableRawPointer) -> UInt64

  var create: Create?
  var createPlain: CreatePlain?
  var destroy: Destroy?
  var allocate: Allocate?
  var free: Free?
  var shrink: Shrink?
  var totalPages: Total?
  var totalBytes: Total?

  /// The entries keep the contracts of their callbacks; see `ZpoolAdapter`.
  @unsafe @inline(__always)
  public init(
    create: @escaping Create, createPlain: @escaping CreatePlain, destroy: @escaping Destroy,
    allocate: @escaping Allocate,
    free: @escaping Free, shrink: Shrink? = nil, totalPages: @escaping Total,
    totalBytes: @escaping Total
  ) {
    // INVARIANT: the caller's closures keep the contracts.
    unsafe self.create = create
    unsafe self.createPlain = createPlain
    unsafe self.destroy = destroy
    unsafe self.allocate = allocate
    unsafe self.free = free
    unsafe self.shrink = shrink
    unsafe self.totalPages = totalPages
    unsafe self.totalBytes = totalBytes
  }
}
