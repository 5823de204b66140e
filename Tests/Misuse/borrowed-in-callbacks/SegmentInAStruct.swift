// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: stored property 'segment' of 'Escapable'-conforming struct 'Kept' has non-Escapable type 'Segment'
import BlockMQ

struct Kept: ~Copyable {
  let segment: Segment // MISUSE
  let segment: Int // TWIN
}
