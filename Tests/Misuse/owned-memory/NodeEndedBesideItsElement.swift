// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'node'
public import Kernel
public func both(_ page: inout Page, _ node: consuming List<Page>.Node) {}
public func one(_ page: inout Page) {}
public func f(_ node: consuming List<Page>.Node) {
  both(&node.element, node) // MISUSE
  one(&node.element) // TWIN
}
