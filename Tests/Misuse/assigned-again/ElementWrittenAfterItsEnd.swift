// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a variable that is consumed and assigned again ends before its last use
public import Kernel

func store(_ number: UInt8, in memory: inout VirtualMemory) {
  memory.withMutableBytes { bytes in do throws(Errno) { try bytes.store(number, at: 0) } catch {} }
}

public func f(
  _ first: consuming InlineArray<2, VirtualMemory>, _ second: consuming InlineArray<2, VirtualMemory>,
  _ ended: inout VirtualMemory?, _ isChosen: Bool
) {
  var pair = first
  store(4, in: &pair[0])
  ended = nil
  _ = consume pair
  if isChosen {
    pair = second; store(5, in: &pair[1]) // MISUSE
    var other = second; store(5, in: &other[1]) // TWIN
  }
}
