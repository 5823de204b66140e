// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a variable that is consumed and assigned again ends before its last use
public import Kernel

public func f(
  _ first: consuming List<Int>.Node, _ second: consuming List<Int>.Node, _ list: inout List<Int>, _ again: Bool
) {
  var node = first
  node.element = 4
  list.append(node)
  if again {
    node = second; node.element = 5 // MISUSE
    var other = second; other.element = 5 // TWIN
  }
}
