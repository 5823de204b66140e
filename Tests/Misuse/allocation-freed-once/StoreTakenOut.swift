// SPDX-License-Identifier: GPL-2.0-only
// What a pool stands on is nobody else's: its objects' handles are numbers there.
// EXPECT: 'store' is inaccessible due to 'internal' protection level
import Zpool

func pages(_ pool: borrowing Pool<KernelStore>) -> Int {
  return pool.store.value.pageCount // MISUSE
  return pool.pageCount // TWIN
}
