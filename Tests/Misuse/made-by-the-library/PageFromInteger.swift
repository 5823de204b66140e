// SPDX-License-Identifier: GPL-2.0-only
// A page comes from the allocator, never from an address.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

func page(at address: UInt) -> Page? {
  UnsafeMutableRawPointer(bitPattern: address).map { Page(owning: $0) } // MISUSE
  try? Page(.kernel) // TWIN
}
