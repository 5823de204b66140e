// SPDX-License-Identifier: GPL-2.0-only
// A protocol of the driver's own does not make an unsafe method of a store's a safe one.
// EXPECT: conformance of 'KernelStore' to protocol 'Ending' involves unsafe code
import Zpool

protocol Ending: ~Copyable {
  func end(_ handle: ObjectHandle) // MISUSE
  var pageCount: Int { get } // TWIN
}

extension KernelStore: Ending {}
