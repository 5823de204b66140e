// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a variable that is consumed and assigned again ends before its last use
public import Kernel

@inline(never) func keep(_ box: consuming HeapBox<Int>) { log(.info, "\(box.value)") }

public func f(_ first: consuming HeapBox<Int>, _ second: consuming HeapBox<Int>, _ again: Bool) {
  var box = first
  box.value = 4
  keep(box)
  if again {
    box = second; box.value = 5 // MISUSE
    var other = second; other.value = 5 // TWIN
  }
}
