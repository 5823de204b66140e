// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'segment' is borrowed and cannot be consumed
import BlockMQ

func count(_ segment: borrowing Segment) -> Int {
  let kept = consume segment; return kept.byteCount // MISUSE
  segment.byteCount // TWIN
}
