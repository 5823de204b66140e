// SPDX-License-Identifier: GPL-2.0-only
// Pools of different allocators do not take each other's objects.
// EXPECT: cannot (assign value of type|convert return expression of type|convert value of type) 'Allocation<KernelStore>'
import Zpool

struct Kept: ~Copyable {
  var object: Allocation<KernelStore>
}

func replace(_ kept: inout Kept, _ pool: borrowing Pool<KernelStore>, _ other: consuming Allocation<KernelStore>) throws(Errno) {
  let wrong: Allocation<Other> = other // MISUSE
  let wrong: Allocation<KernelStore> = other // TWIN
  kept.object = try pool.allocate(8, .kernel)
  _ = consume wrong
}

struct Other: ObjectStore, ~Copyable {
  func make(_ request: borrowing AllocationRequest) throws(Errno) -> ObjectHandle { throw .noSpaceLeft }
  func end(_ handle: ObjectHandle) {}
  func write(_ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: ObjectHandle) {}
  func read(_ handle: ObjectHandle, to memory: UnsafeMutableRawPointer, length: Int) {}
  var pageCount: Int { 0 }
}
