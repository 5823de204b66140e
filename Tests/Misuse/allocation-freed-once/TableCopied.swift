// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'table' is borrowed and cannot be consumed
import Zpool

func hold<Value: ~Copyable>(_ value: consuming Value) {}

func copy(_ table: borrowing ObjectTable<KernelStore>) {
  hold(table) // MISUSE
  hold(table.count) // TWIN
}
