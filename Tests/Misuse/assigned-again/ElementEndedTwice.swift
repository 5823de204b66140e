// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a variable that is consumed and assigned again ends before its last use
public import Kernel

public func f(
  _ first: consuming InlineArray<2, VirtualMemory>, _ second: consuming InlineArray<2, VirtualMemory>,
  _ new: consuming VirtualMemory, _ isChosen: Bool
) {
  var pair = first
  pair[0].withMutableBytes { bytes in do throws(Errno) { try bytes.store(UInt8(4), at: 0) } catch {} }
  let kept = consume pair
  if isChosen {
    pair = consume kept; pair[1] = new // MISUSE
    var other = consume kept; other[1] = new // TWIN
    return
  }
  pair = second
  _ = consume kept
}
