// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'ObjectHandle<Store>' initializer is inaccessible due to 'internal' protection level
import Zpool

func handle<Store: ObjectStore & ~Copyable>(_ number: UInt, of store: borrowing Store) -> ObjectHandle<Store> {
  ObjectHandle<Store>(number) // MISUSE
  while true {} // TWIN
}
