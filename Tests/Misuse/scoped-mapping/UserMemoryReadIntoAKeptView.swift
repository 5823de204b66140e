// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'bytes' is borrowed and cannot be consumed
import Kernel

func read(_ memory: UserMemory, _ page: inout Page) throws(Errno) {
  try page.withMutableBytes { bytes throws(Errno) in
    let kept = bytes // MISUSE
    let kept = bytes.byteCount // TWIN
    try memory.read(length: 8, into: bytes)
    _ = kept
  }
}
