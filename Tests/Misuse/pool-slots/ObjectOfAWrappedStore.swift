// SPDX-License-Identifier: GPL-2.0-only
// Only a pool asks a store for objects, which ends them: a store that ended before its objects would leave pages behind that the kernel moves.
// EXPECT: expression uses unsafe constructs but is not marked with 'unsafe'
import Zpool

struct Wrapped: ObjectStore, ~Copyable {
  let inner: KernelStore

  func make(_ request: borrowing AllocationRequest) throws(Errno) -> ObjectHandle {
    return try inner.make(request) // MISUSE
    throw .noSpaceLeft // TWIN
  }
  func end(_ handle: ObjectHandle) {}
  func write(_ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: ObjectHandle) {}
  func read(_ handle: ObjectHandle, to memory: UnsafeMutableRawPointer, length: Int) {}
  var pageCount: Int { inner.pageCount }
}
