// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'store' used after consume
import Zpool

func pages(_ store: consuming KernelStore) throws(Errno) -> Int {
  let before = store.pageCount // TWIN
  let pool = try Pool(store, .kernel)
  let before = store.pageCount // MISUSE
  return pool.pageCount &+ before
}
