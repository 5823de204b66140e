// SPDX-License-Identifier: GPL-2.0-only
// apus_selftest: tests of lists and trees of owned values.

import Kernel

/// Pseudorandom numbers, the same in each run.
private struct Numbers {
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  mutating func next(below bound: Int) -> Int {
    state ^= state &<< 13
    state ^= state &>> 7
    state ^= state &<< 17
    return bound > 0 ? Int(truncatingIfNeeded: state % UInt64(truncatingIfNeeded: bound)) : 0
  }
}

/// The numbers in a list, as digits of one number.
private func digits(_ list: borrowing List<Counted>) -> Int {
  var sum = 0
  list.forEach { element in sum = sum &* 10 &+ element.number }
  return sum
}

private func number(_ value: consuming Counted?) -> Int? {
  switch consume value {
  case .some(let counted): counted.number
  case .none: nil
  }
}

private func number(_ node: consuming RedBlackTree<Int, Counted>.Node?) -> Int? {
  switch consume node {
  case .some(let node): node.value.number
  case .none: nil
  }
}

func testLists(_ run: inout TestRun) {
  run.test("a list keeps its order at both ends") { checks throws(Errno) in
    let ends = try Ends()
    do {
      var list = List<Counted>()
      checks.expect(
        list.isEmpty && number(list.popFirst()) == nil && number(list.popLast()) == nil,
        "a new list is empty")
      try list.append(Counted(2, ends), .kernel)
      try list.append(Counted(3, ends), .kernel)
      try list.prepend(Counted(1, ends), .kernel)
      try list.append(Counted(4, ends), .kernel)
      checks.expect(digits(list) == 1234 && list.count == 4, "the elements are in order")
      checks.expect(number(list.popFirst()) == 1, "popFirst returns the first element")
      checks.expect(number(list.popLast()) == 4, "popLast returns the last element")
      let first = list.withFirst { element in element.number }
      checks.expect(first == 2, "the second element is now the first")
      list.forEachMutable { element in element = Counted(element.number &+ 3, ends) }
      checks.expect(digits(list) == 56, "forEachMutable changes the elements")
      checks.expect(ends.take() == 4, "the elements that were taken or replaced have ended")
    }
    checks.expect(ends.take() == 2, "the remaining elements end with the list")
  }
  run.test("elements are removed from any place of a list") { checks throws(Errno) in
    let ends = try Ends()
    var list = List<Counted>()
    while list.count < 9 { try list.append(Counted(list.count &+ 1, ends), .kernel) }
    checks.expect(number(list.removeFirst { $0.number == 1 }) == 1, "the first element is removed")
    checks.expect(number(list.removeFirst { $0.number == 9 }) == 9, "the last element is removed")
    checks.expect(
      number(list.removeFirst { $0.number == 5 }) == 5, "an element in the middle is removed")
    checks.expect(
      number(list.removeFirst { $0.number == 5 }) == nil, "an element is removed only once")
    checks.expect(
      list.removeAll { $0.number % 2 == 0 } == 4, "removeAll removes the four matching elements")
    checks.expect(digits(list) == 37 && list.count == 2, "the remaining elements keep their order")
    checks.expect(ends.take() == 7, "each removed element has ended")
    checks.expect(
      list.removeAll() == 2 && list.isEmpty && ends.take() == 2,
      "removeAll removes and ends all elements")
    try list.append(Counted(1, ends), .kernel)
    checks.expect(digits(list) == 1, "an emptied list can be used again")
  }
  run.test("a list's nodes are allocated in advance and used again") { checks throws(Errno) in
    let ends = try Ends()
    var node = try List<Counted>.Node(Counted(1, ends), .kernel)
    node.element = Counted(2, ends)
    checks.expect(ends.take() == 1, "the replaced element of a node has ended")
    var list = List<Counted>()
    list.append(node)
    guard let again = list.popFirstNode() else { throw .noSuchDevice }
    checks.expect(again.element.number == 2 && ends.take() == 0, "a removed node has its element")
    var other = List<Counted>()
    other.prepend(again)
    try other.append(Counted(3, ends), .kernel)
    try list.append(Counted(1, ends), .kernel)
    list.append(contentsOf: &other)
    checks.expect(
      other.isEmpty && other.count == 0 && digits(list) == 123, "a list is appended to another")
    list.append(contentsOf: &other)
    other.append(contentsOf: &list)
    checks.expect(
      list.isEmpty && digits(other) == 123 && other.count == 3, "that list is appended back")
    checks.expect(
      number(other.popLastNode()?.unboxed()) == 3, "popLastNode returns the last element")
  }
  run.test("a list behaves like an array, thousands of times") { checks throws(Errno) in
    let ends = try Ends()
    var numbers = Numbers()
    var list = List<Counted>()
    // The list is always sorted: larger numbers are only appended and smaller ones only prepended.
    var (low, high, made, order) = (0, 0, 0, true)
    var round = 0
    while round < 5000 {
      switch numbers.next(below: 5) {
      case 0, 1:
        high &+= 1
        made &+= 1
        try list.append(Counted(high, ends), .kernel)
      case 2:
        low &-= 1
        made &+= 1
        try list.prepend(Counted(low, ends), .kernel)
      case 3:
        let middle = low &+ numbers.next(below: high &- low &+ 1)
        _ = list.removeFirst { $0.number >= middle }
      default: _ = numbers.next(below: 2) == 0 ? list.popFirst() : list.popLast()
      }
      var last = Int.min
      var count = 0
      list.forEach { element in
        order = order && element.number > last
        last = element.number
        count &+= 1
      }
      order = order && count == list.count
      round &+= 1
    }
    checks.expect(order, "the order and the count are right in each round")
    checks.expect(ends.take() == made &- list.count, "each removed element has ended once")
  }
}

func testTrees(_ run: inout TestRun) {
  run.test("a tree yields its values in the order of their keys") { checks throws(Errno) in
    let ends = try Ends()
    do {
      var tree = RedBlackTree<Int, Counted>()
      checks.expect(
        tree.isEmpty && tree.firstKey == nil && tree.lastKey == nil, "a new tree is empty")
      checks.expect(
        number(tree.popFirst()) == nil && number(tree.popLast()) == nil,
        "popFirst and popLast of an empty tree return nil")
      var numbers = Numbers()
      while tree.count < 500 {
        let key = numbers.next(below: 1000) &* 2
        try tree.insert(key, Counted(key, ends), .kernel)
      }
      _ = ends.take()
      var (last, count, order) = (-1, 0, true)
      tree.forEach { key, value in
        order = order && key > last && value.number == key
        last = key
        count &+= 1
      }
      checks.expect(order && count == 500, "forEach visits each value once, in order")
      checks.expect(
        tree.firstKey ?? -1 >= 0 && tree.lastKey == last,
        "firstKey and lastKey are the ends of the order")
      var probe = -1
      var agrees = true
      while probe < 2001 {
        var (from, after, through): (Int?, Int?, Int?) = (nil, nil, nil)
        tree.forEach { key, _ in
          if key >= probe, from == nil { from = key }
          if key > probe, after == nil { after = key }
          if key <= probe { through = key }
        }
        agrees =
          agrees && tree.firstKey(from: probe) == from && tree.firstKey(after: probe) == after
        agrees = agrees && tree.lastKey(through: probe) == through
        let found = tree.withFirst(from: probe) { key, value in key == value.number ? key : -1 }
        agrees = agrees && found == from
        let exactly = tree.withValue(at: probe) { $0.number }
        agrees = agrees && exactly == (from == probe ? probe : nil)
        probe &+= 13
      }
      checks.expect(agrees, "searches by key find the same neighbours as a scan")
      checks.expect(ends.take() == 0, "no value in the tree has ended")
    }
    checks.expect(ends.take() == 500, "all values end with the tree")
  }
  run.test("a tree returns refused nodes and removed values") { checks throws(Errno) in
    let ends = try Ends()
    var tree = RedBlackTree<Int, Counted>()
    checks.expect(try tree.insert(5, Counted(1, ends), .kernel), "a value with a new key is added")
    checks.expect(
      !(try tree.insert(5, Counted(2, ends), .kernel)),
      "a second value with the same key is refused")
    checks.expect(ends.take() == 1, "the refused value has ended")
    guard var refused = tree.insert(try RedBlackTree.Node(5, Counted(3, ends), .kernel)) else {
      throw .exists
    }
    checks.expect(refused.value.number == 3 && refused.key == 5, "a refused node is returned")
    refused.key = 6
    refused.value = Counted(4, ends)
    checks.expect(ends.take() == 1, "the value of the node is replaced")
    checks.expect(tree.insert(refused) == nil, "the node is added with another key")
    _ = tree.withMutableValue(at: 6) { $0 = Counted(7, ends) }
    checks.expect(ends.take() == 1, "a value in the tree is replaced")
    checks.expect(number(tree.remove(6)) == 7, "a value is removed by its key")
    checks.expect(number(tree.remove(6)) == nil, "an element is removed only once")
    checks.expect(
      number(tree.popFirst(through: 4)) == nil, "popFirst through a smaller key returns nil")
    checks.expect(
      number(tree.popFirst(through: 5)) == 1, "popFirst through the key returns the value")
    checks.expect(tree.isEmpty && ends.take() == 2, "the tree is empty, and both values have ended")
  }
  run.test("a tree behaves like a set, thousands of times") { checks throws(Errno) in
    let ends = try Ends()
    var numbers = Numbers()
    var tree = RedBlackTree<Int, Counted>()
    var model = InlineArray<128, Bool>(repeating: false)
    var (made, agrees) = (0, true)
    var round = 0
    while round < 5000 {
      let key = numbers.next(below: 128)
      switch numbers.next(below: 8) {
      case 0...3:
        made &+= 1
        let isNew = try tree.insert(key, Counted(key, ends), .kernel)
        agrees = agrees && isNew != model[key & 127]
        model[key & 127] = true
      case 4, 5:
        let wasThere = number(tree.remove(key)) == key
        agrees = agrees && wasThere == model[key & 127]
        model[key & 127] = false
      case 6:
        if let first = number(tree.popFirst()) { model[first & 127] = false }
      default:
        if let last = number(tree.popLast()) { model[last & 127] = false }
      }
      var count = 0
      tree.forEach { key, _ in
        agrees = agrees && key >= 0 && key < 128 && model[key & 127]
        count &+= 1
      }
      agrees = agrees && count == tree.count
      round &+= 1
    }
    checks.expect(agrees, "the tree has the keys of the model in each round")
    checks.expect(ends.take() == made &- tree.count, "each removed element has ended once")
    let removed = tree.removeAll { key, _ in key % 2 == 0 }
    checks.expect(ends.take() == removed, "removeAll ends the matching values")
    var isOdd = true
    tree.forEachMutable { key, value in
      isOdd = isOdd && key % 2 == 1
      value = Counted(0, ends)
    }
    checks.expect(isOdd && ends.take() == tree.count, "the remaining values can be changed")
    let left = tree.count
    checks.expect(
      tree.removeAll() == left && ends.take() == left && tree.isEmpty,
      "removeAll ends all remaining values")
  }
}
