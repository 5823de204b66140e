// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses
public import Kernel

public func compress(
  _ compressor: inout Compressor, _ page: inout Page, _ other: inout Page
) throws(Errno) -> Int {
  try page.withBytes { bytes throws(Errno) in
    try page.withMutableBytes { room throws(Errno) in // MISUSE
    try other.withMutableBytes { room throws(Errno) in // TWIN
      try compressor.compress(bytes, into: room)
    }
  }
}
