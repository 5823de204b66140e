// SPDX-License-Identifier: GPL-2.0-only
// A store of the tests: one of this project's allocators, through its registered structure.

internal import CKernel
public import Kernel
public import Zpool

/// A store on an allocator that is called through its registered structure, as zpool calls it.
///
/// It is for tests of this path.
public struct RegisteredStore<Driver: Allocator & ~Copyable>: ObjectStore, ~Copyable {
  // The pool ends before its driver.
  private let pool: DriverPool
  private let registration: ZpoolRegistration<Driver>

  /// The corresponding C callback is `create`.
  ///
  /// Throws: `outOfMemory` for every error, because C's result is only null.
  /// Context: may sleep.
  public init(_ registration: consuming ZpoolRegistration<Driver>) throws(Errno) {
    // SAFETY: this value owns the registration, and ends the pool before it.
    pool = try unsafe DriverPool(of: registration.driver)
    self.registration = registration
  }

  /// Makes an object. The corresponding C callback is `malloc`.
  ///
  /// Throws: the error of the callback.
  @unsafe
  public borrowing func make(_ request: borrowing AllocationRequest) throws(Errno) -> ObjectHandle {
    try pool.make(request)
  }

  /// Frees an object. The corresponding C callback is `free`.
  @unsafe
  public borrowing func end(_ handle: ObjectHandle) {
    // SAFETY: the protocol's contract.
    unsafe pool.end(handle)
  }

  /// Copies the low `prefixLength` bytes of a word, followed by `bytes`, to an object.
  ///
  /// The corresponding C callbacks are `map`, for writing only, and `unmap`.
  @unsafe
  public borrowing func write(
    _ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: ObjectHandle
  ) {
    // SAFETY: the protocol's contract.
    unsafe pool.write(prefix, prefixLength: prefixLength, bytes, to: handle)
  }

  /// Copies the first `length` bytes of an object to memory.
  ///
  /// The corresponding C callbacks are `map`, for reading only, and `unmap`.
  @unsafe
  public borrowing func read(
    _ handle: ObjectHandle, to memory: UnsafeMutableRawPointer, length: Int
  ) {
    // SAFETY: the protocol's contract.
    unsafe pool.read(handle, to: memory, length: length)
  }

  /// The number of pages that the pool has.
  ///
  /// The corresponding C callbacks are `total_pages`, and `total_size` until 6.7.
  public var pageCount: Int { pool.pageCount }
}
