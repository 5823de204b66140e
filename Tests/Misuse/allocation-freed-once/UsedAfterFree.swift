// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'object' used after consume
import Zpool

func read(_ object: consuming Allocation<KernelStore>, _ page: inout Page) throws(Errno) {
  _ = consume object // MISUSE
  // TWIN
  try page.withMutableBytes { bytes throws(Errno) in try object.read(into: bytes) }
}
