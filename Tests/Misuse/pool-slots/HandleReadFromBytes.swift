// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: requires that 'ObjectHandle' conform
import Zpool

func handle(_ bytes: RawSpan) throws(Errno) -> Bool {
  let first = try bytes.load(as: ObjectHandle.self, at: 0) // MISUSE
  let first = try bytes.load(as: UInt.self, at: 0) // TWIN
  _ = first
  return true
}
