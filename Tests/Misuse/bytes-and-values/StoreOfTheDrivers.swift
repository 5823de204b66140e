// SPDX-License-Identifier: GPL-2.0-only
// A store of the driver's own, whose objects lie where it says.
// EXPECT: cannot convert return expression of type 'ObjectHandle<KernelStore>' to return type 'ObjectHandle<Other>'
import Kernel
import Zpool

struct Other: ObjectStore, ~Copyable {
  let store: KernelStore
  func make(_ request: borrowing AllocationRequest) throws(Errno) -> ObjectHandle<Other> {
    return try store.make(request) // MISUSE
    throw .outOfMemory // TWIN
  }
  func end(_ handle: ObjectHandle<Other>) {}
  func write(_ prefix: UInt16, prefixLength: Int, _ bytes: RawSpan, to handle: ObjectHandle<Other>) {}
  func read(_ handle: ObjectHandle<Other>, to memory: UnsafeMutableRawPointer, length: Int) {}
  var pageCount: Int { 0 }
}
