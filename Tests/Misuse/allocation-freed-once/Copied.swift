// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'object' is borrowed and cannot be consumed
import Zpool

func hold<Value: ~Copyable>(_ value: consuming Value) {}

func second(_ object: borrowing Allocation<KernelStore>) -> Int {
  let copy = object // MISUSE
  let copy = object.byteCount // TWIN
  hold(copy)
  return 0
}
