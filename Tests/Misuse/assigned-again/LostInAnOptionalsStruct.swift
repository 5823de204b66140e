// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a variable that is consumed and assigned again is not ended on every path
public import Kernel

public struct Counted: ~Copyable {
  var box: HeapBox<Int>
  var count: Int
}

public struct Pair: ~Copyable {
  var memory: VirtualMemory
  var counted: Counted?
}

@inline(never) func keep(_ pair: consuming Pair) {
  switch consume pair.counted {
  case .some(let counted): log(.info, "\(counted.box.value)")
  case .none: break
  }
}

public func f(_ first: consuming Pair, _ second: consuming Pair, _ again: Bool) {
  var pair = first
  pair.counted?.count = 4
  keep(pair)
  if again {
    pair = second; pair.counted?.box.value = 5 // MISUSE
    var other = second; other.counted?.box.value = 5 // TWIN
  }
}
