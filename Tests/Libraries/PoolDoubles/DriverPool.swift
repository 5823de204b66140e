// SPDX-License-Identifier: GPL-2.0-only
// A pool behind a C structure, as zpool uses it. The stores of this library are based on it.

internal import CKernel
internal import Kernel
internal import Zpool

/// A pool of a driver, called through the driver's structure as zpool calls it.
///
/// Invariant: `pool` is a pool that the driver's `create` returned, which only this value destroys.
/// The owner of this value keeps the driver's structure as long.
@safe
@usableFromInline
struct DriverPool: ~Copyable, @unchecked Sendable {
  private let driver: UnsafeMutablePointer<zpool_driver>
  private let pool: UnsafeMutableRawPointer

  /// The corresponding C callback is `create`.
  @unsafe
  init(of driver: UnsafeMutablePointer<zpool_driver>) throws(Errno) {
    // SAFETY: the caller keeps the driver.
    guard let pool = unsafe apus_zpool_create(driver, AllocationFlags.kernel.rawValue) else {
      throw .outOfMemory
    }
    // INVARIANT: the pool was just made.
    unsafe self.driver = driver
    unsafe self.pool = pool
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe apus_zpool_destroy(driver, pool)
  }

  @inline(__always)
  func make(_ request: borrowing AllocationRequest) throws(Errno) -> ObjectHandle {
    var handle: UInt = 0
    // SAFETY: the type's invariant.
    let result = unsafe apus_zpool_malloc(
      driver, pool, request.byteCount, request.flags.rawValue, &handle)
    try Errno.check(result)
    return ObjectHandle(handle)
  }

  @unsafe @inline(__always)
  func end(_ handle: ObjectHandle) {
    // SAFETY: the contract of `ObjectStore`.
    unsafe apus_zpool_free(driver, pool, handle.raw)
  }

  @unsafe @inline(__always)
  func write(_ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: ObjectHandle) {
    var prefix = prefix
    let length = bytes.byteCount
    // SAFETY: the contract of `ObjectStore`.
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe apus_zpool_write(
        driver, pool, handle.raw, &prefix, prefixLength, bytes.baseAddress, length)
    }
  }

  @unsafe @inline(__always)
  func read(_ handle: ObjectHandle, to memory: UnsafeMutableRawPointer, length: Int) {
    // SAFETY: the contract of `ObjectStore`.
    unsafe apus_zpool_read(driver, pool, handle.raw, memory, length)
  }

  var pageCount: Int {
    // SAFETY: the type's invariant.
    Int(truncatingIfNeeded: unsafe apus_zpool_pages(driver, pool))
  }
}
