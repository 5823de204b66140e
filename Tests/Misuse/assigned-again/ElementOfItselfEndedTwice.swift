// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a variable that is consumed and assigned again ends before its last use
public import Kernel

func end(_ value: consuming Pair) {}

struct Pair: ~Copyable {
  var memory: InlineArray<2, VirtualMemory>

  consuming func change(_ other: consuming Pair, _ new: consuming VirtualMemory, _ isChosen: Bool) {
    end(self)
    if isChosen {
      self = other; memory[1] = new // MISUSE
      var another = other; another.memory[1] = new // TWIN
    }
  }
}

public func f(
  _ first: consuming InlineArray<2, VirtualMemory>, _ second: consuming InlineArray<2, VirtualMemory>,
  _ new: consuming VirtualMemory, _ isChosen: Bool
) {
  Pair(memory: first).change(Pair(memory: second), new, isChosen)
}
