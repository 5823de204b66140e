// SPDX-License-Identifier: GPL-2.0-only
// The same by a type that the protocol leaves open.
// EXPECT: conformance of 'DirectStore<Driver>' to protocol 'Addressing' involves unsafe code
import Zpool

protocol Addressing: ~Copyable {
  associatedtype Place
  func address(of handle: ObjectHandle) -> Place // MISUSE
  var pageCount: Place { get } // TWIN
}

extension DirectStore: Addressing where Driver: ~Copyable {}
