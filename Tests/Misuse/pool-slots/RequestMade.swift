// SPDX-License-Identifier: GPL-2.0-only
// An allocator is asked by its adapter or its pool, not by whoever has it: only those see to it that the object is freed.
// EXPECT: 'AllocationRequest' initializer is inaccessible due to 'package' protection level
import Zpool

func ask<Driver: Allocator & ~Copyable>(_ driver: borrowing Driver, _ pool: borrowing Pool<KernelStore>) throws(Errno) {
  _ = try driver.allocate(AllocationRequest(byteCount: 8, .kernel, node: .any)) // MISUSE
  _ = try pool.allocate(8, .kernel) // TWIN
}
