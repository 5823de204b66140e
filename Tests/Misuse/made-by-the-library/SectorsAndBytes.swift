// SPDX-License-Identifier: GPL-2.0-only
// Sectors are no plain number, so they are not added to bytes.
// EXPECT: binary operator '\+' cannot be applied to operands of type 'Sector' and 'Int'
import BlockMQ

func end(_ start: Sector, _ byteCount: Int) -> Sector {
  start + byteCount // MISUSE
  Sector(start.count &+ UInt64(truncatingIfNeeded: byteCount / Sector.byteCount)) // TWIN
}
