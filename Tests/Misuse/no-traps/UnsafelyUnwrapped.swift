// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import BlockMQ

func byteCount(_ sector: Sector) -> UInt64 {
  sector.bytes.unsafelyUnwrapped // MISUSE
  sector.bytes ?? 0 // TWIN
}
