// SPDX-License-Identifier: GPL-2.0-only
// A store's number for an object is made by this library's stores alone: no other store can have objects.
// EXPECT: 'ObjectHandle' initializer is inaccessible due to 'package' protection level
import Zpool

struct Forged: ObjectStore, ~Copyable {
  func make(_ request: borrowing AllocationRequest) throws(Errno) -> ObjectHandle {
    return ObjectHandle(4096) // MISUSE
    throw .noSpaceLeft // TWIN
  }
  func end(_ handle: ObjectHandle) {}
  func write(_ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: ObjectHandle) {}
  func read(_ handle: ObjectHandle, to memory: UnsafeMutableRawPointer, length: Int) {}
  var pageCount: Int { 0 }
}
