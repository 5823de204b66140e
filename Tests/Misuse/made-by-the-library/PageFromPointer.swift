// SPDX-License-Identifier: GPL-2.0-only
// A page comes from the allocator, never from a pointer that somebody has.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

func page(_ pointer: UnsafeMutableRawPointer) throws(Errno) -> Page {
  Page(owning: pointer) // MISUSE
  try Page(.kernel) // TWIN
}
