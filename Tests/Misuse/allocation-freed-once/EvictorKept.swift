// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'evictor' is borrowed and cannot be consumed
import Zpool

func hold(_ evictor: consuming Evictor) {}

func keep(_ victim: borrowing EvictedSlab, _ evictor: borrowing Evictor) throws(Errno) {
  hold(evictor) // MISUSE
  try victim.evictObjects(evictor) // TWIN
}
