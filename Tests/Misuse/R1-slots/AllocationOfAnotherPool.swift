// SPDX-License-Identifier: GPL-2.0-only
// Pools of different allocators do not take each other's objects.
// EXPECT: cannot (assign value of type|convert return expression of type|convert value of type) 'Allocation<KernelStore>'
import Zpool

struct Kept: ~Copyable {
  var object: Allocation<KernelStore>
}

func replace(_ kept: inout Kept, _ pool: borrowing Pool<KernelStore>, _ other: consuming Allocation<KernelStore>) throws(Errno) {
  let wrong: Allocation<PeerStore> = other // MISUSE
  let wrong: Allocation<KernelStore> = other // TWIN
  kept.object = try pool.allocate(8, .kernel)
  _ = consume wrong
}
