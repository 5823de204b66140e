// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: drivers may not say '!'
import BlockMQ

func byteCount(_ sector: Sector) -> UInt64 {
  sector.bytes! // MISUSE
  sector.bytes ?? 0 // TWIN
}
