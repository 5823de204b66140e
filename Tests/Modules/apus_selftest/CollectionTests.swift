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
        "it is empty")
      try list.append(Counted(2, ends), .kernel)
      try list.append(Counted(3, ends), .kernel)
      try list.prepend(Counted(1, ends), .kernel)
      try list.append(Counted(4, ends), .kernel)
      checks.expect(digits(list) == 1234 && list.count == 4, "in order")
      checks.expect(number(list.popFirst()) == 1, "the first comes first")
      checks.expect(number(list.popLast()) == 4, "the last comes last")
      let first = list.withFirst { element in element.number }
      checks.expect(first == 2, "the next is the first now")
      list.forEachMutable { element in element = Counted(element.number &+ 3, ends) }
      checks.expect(digits(list) == 56, "elements can be changed")
      checks.expect(ends.take() == 4, "what was taken or replaced has ended")
    }
    checks.expect(ends.take() == 2, "what was left ends with the list")
  }
  run.test("elements leave a list from anywhere") { checks throws(Errno) in
    let ends = try Ends()
    var list = List<Counted>()
    while list.count < 9 { try list.append(Counted(list.count &+ 1, ends), .kernel) }
    checks.expect(number(list.removeFirst { $0.number == 1 }) == 1, "the first")
    checks.expect(number(list.removeFirst { $0.number == 9 }) == 9, "the last")
    checks.expect(number(list.removeFirst { $0.number == 5 }) == 5, "one between")
    checks.expect(number(list.removeFirst { $0.number == 5 }) == nil, "once")
    checks.expect(list.removeAll { $0.number % 2 == 0 } == 4, "several")
    checks.expect(digits(list) == 37 && list.count == 2, "the others keep their order")
    checks.expect(ends.take() == 7, "each of those ended")
    checks.expect(list.removeAll() == 2 && list.isEmpty && ends.take() == 2, "all")
    try list.append(Counted(1, ends), .kernel)
    checks.expect(digits(list) == 1, "it can be used again")
  }
  run.test("a list's memory can be had beforehand, and used again") { checks throws(Errno) in
    let ends = try Ends()
    var node = try List<Counted>.Node(Counted(1, ends), .kernel)
    node.element = Counted(2, ends)
    checks.expect(ends.take() == 1, "the element was replaced")
    var list = List<Counted>()
    list.append(node)
    guard let again = list.popFirstNode() else { throw .noSuchDevice }
    checks.expect(again.element.number == 2 && ends.take() == 0, "the node came back whole")
    var other = List<Counted>()
    other.prepend(again)
    try other.append(Counted(3, ends), .kernel)
    try list.append(Counted(1, ends), .kernel)
    list.append(contentsOf: &other)
    checks.expect(other.isEmpty && other.count == 0 && digits(list) == 123, "a list joins another")
    list.append(contentsOf: &other)
    other.append(contentsOf: &list)
    checks.expect(list.isEmpty && digits(other) == 123 && other.count == 3, "in either direction")
    checks.expect(number(other.popLastNode()?.unboxed()) == 3, "from its end too")
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
    checks.expect(order, "its order and count hold")
    checks.expect(ends.take() == made &- list.count, "what left has ended, once")
  }
}

func testTrees(_ run: inout TestRun) {
  run.test("a tree gives its values in the order of their keys") { checks throws(Errno) in
    let ends = try Ends()
    do {
      var tree = RedBlackTree<Int, Counted>()
      checks.expect(tree.isEmpty && tree.firstKey == nil && tree.lastKey == nil, "it is empty")
      checks.expect(
        number(tree.popFirst()) == nil && number(tree.popLast()) == nil, "nothing is in it")
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
      checks.expect(order && count == 500, "in order, each once")
      checks.expect(tree.firstKey ?? -1 >= 0 && tree.lastKey == last, "with a first and a last")
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
      checks.expect(agrees, "neighbours are found as by looking at all")
      checks.expect(ends.take() == 0, "nothing has ended")
    }
    checks.expect(ends.take() == 500, "all end with the tree")
  }
  run.test("a tree gives back what it refuses, and what is removed") { checks throws(Errno) in
    let ends = try Ends()
    var tree = RedBlackTree<Int, Counted>()
    checks.expect(try tree.insert(5, Counted(1, ends), .kernel), "the first is added")
    checks.expect(
      !(try tree.insert(5, Counted(2, ends), .kernel)), "a second of the same key is not")
    checks.expect(ends.take() == 1, "and has ended")
    guard var refused = tree.insert(try RedBlackTree.Node(5, Counted(3, ends), .kernel)) else {
      throw .exists
    }
    checks.expect(refused.value.number == 3 && refused.key == 5, "a node is given back")
    refused.key = 6
    refused.value = Counted(4, ends)
    checks.expect(ends.take() == 1, "its value can be replaced")
    checks.expect(tree.insert(refused) == nil, "and it is added under another key")
    _ = tree.withMutableValue(at: 6) { $0 = Counted(7, ends) }
    checks.expect(ends.take() == 1, "a value in the tree can be replaced")
    checks.expect(number(tree.remove(6)) == 7, "it is removed")
    checks.expect(number(tree.remove(6)) == nil, "once")
    checks.expect(number(tree.popFirst(through: 4)) == nil, "nothing is due")
    checks.expect(number(tree.popFirst(through: 5)) == 1, "and then it is")
    checks.expect(tree.isEmpty && ends.take() == 2, "nothing is left")
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
    checks.expect(agrees, "it has what the model has")
    checks.expect(ends.take() == made &- tree.count, "what left has ended, once")
    let removed = tree.removeAll { key, _ in key % 2 == 0 }
    checks.expect(ends.take() == removed, "some are removed by what they are")
    var isOdd = true
    tree.forEachMutable { key, value in
      isOdd = isOdd && key % 2 == 1
      value = Counted(0, ends)
    }
    checks.expect(isOdd && ends.take() == tree.count, "the others stay, and can be changed")
    let left = tree.count
    checks.expect(
      tree.removeAll() == left && ends.take() == left && tree.isEmpty, "and all the rest")
  }
}
