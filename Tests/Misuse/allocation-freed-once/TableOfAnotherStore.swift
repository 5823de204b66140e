// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot convert value of type 'Pool<KernelStore>' to expected argument type
import PoolDoubles
import Zpool

func table(_ pool: borrowing Pool<KernelStore>, _ other: borrowing Pool<PeerStore>) throws(Errno) -> Int {
  let table = try ObjectTable<PeerStore>(in: pool, capacity: 8) // MISUSE
  let table = try ObjectTable<PeerStore>(in: other, capacity: 8) // TWIN
  return table.capacity
}
