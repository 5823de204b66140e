// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: stored property 'bytes' of 'Escapable'-conforming struct 'Cache' has non-Escapable type 'RawSpan'
import Kernel

struct Cache {
  let bytes: RawSpan // MISUSE
  let bytes: Int // TWIN
}
