// SPDX-License-Identifier: GPL-2.0-only
// apus_selftest: tests of boxes, arrays, and the XArray.

import Kernel
import Synchronization

/// A count of values that have ended.
typealias Ends = Shared<Atomic<Int>>

extension Shared where Value == Atomic<Int> {
  init() throws(Errno) { try self.init(Atomic<Int>(0), .kernel) }

  /// Returns how many values have ended since the last call.
  func take() -> Int { value.exchange(0, ordering: .relaxed) }
}

/// A value whose deinit counts its end.
struct Counted: ~Copyable {
  let number: Int
  let ends: Ends

  init(_ number: Int, _ ends: borrowing Ends) {
    self.number = number
    self.ends = ends.share()
  }

  deinit { ends.value.wrappingAdd(1, ordering: .relaxed) }
}

/// Returns the number of an optional value, and ends the value.
private func number(of value: consuming Counted?) -> Int? {
  switch consume value {
  case .some(let counted): counted.number
  case .none: nil
  }
}

func testMemory(_ run: inout TestRun) {
  run.test("a box's value ends once, with the box") { checks throws(Errno) in
    let ends = try Ends()
    do {
      let box = try HeapBox(Counted(7, ends), .kernel)
      checks.expect(box.value.number == 7, "the box has its value")
      checks.expect(ends.take() == 0, "the value has not ended while the box exists")
    }
    checks.expect(ends.take() == 1, "the value has ended once")
  }
  run.test("a shared value ends once, with its last owner") { checks throws(Errno) in
    let ends = try Ends()
    do {
      let first = try Shared(Counted(7, ends), .kernel)
      do {
        let second = first.share()
        checks.expect(second.value.number == 7, "the second owner has the value")
      }
      checks.expect(ends.take() == 0, "the value exists while its first owner does")
      checks.expect(first.value.number == 7, "the first owner still has the value")
    }
    checks.expect(ends.take() == 1, "the value has ended once")
  }
  run.test("an array keeps its order and its capacity") { checks throws(Errno) in
    let ends = try Ends()
    do {
      var array = try RigidArray<Counted>(capacity: 3, .kernel)
      try array.append(Counted(1, ends))
      try array.append(Counted(2, ends))
      try array.append(Counted(3, ends))
      checks.expect(array.isFull, "an array with three of three elements is full")
      checks.expect(.noSpaceLeft, "a fourth element is refused") { () throws(Errno) in
        try array.append(Counted(4, ends))
      }
      checks.expect(ends.take() == 1, "the refused element has ended")
      let second = array.removeFirst { element in element.number == 2 }
      checks.expect(number(of: second) == 2, "the second element is removed")
      var sum = 0
      array.forEach { element in sum = sum &* 10 &+ element.number }
      checks.expect(sum == 13, "the remaining elements keep their order")
      checks.expect(number(of: array.popLast()) == 3, "popLast returns the third element")
      checks.expect(array.count == 1, "one element is left")
    }
    checks.expect(ends.take() == 3, "each element has ended once")
  }
  run.test("an array of an invalid capacity is refused") { checks throws(Errno) in
    checks.expect(.invalidArgument, "a capacity of 0 is refused") { () throws(Errno) in
      _ = try RigidArray<Int>(capacity: 0, .kernel)
    }
    checks.expect(.invalidArgument, "a negative capacity is refused") { () throws(Errno) in
      _ = try RigidArray<Int>(capacity: Int.min, .kernel)
    }
    checks.expect(.invalidArgument, "a capacity whose size overflows is refused") {
      () throws(Errno) in
      _ = try RigidArray<Int>(capacity: Int.max, .kernel)
    }
    checks.expect(.outOfMemory, "a capacity beyond all memory throws outOfMemory") {
      () throws(Errno) in
      _ = try RigidArray<Int>(capacity: 1 << 50, .kernel | .noWarning)
    }
  }
  run.test("a sparse array owns its elements") { checks throws(Errno) in
    let pages = try XArray<Page>(.kernel)
    checks.expect(
      try pages.insert(try Page(.kernel | .zeroed), at: 5, .kernel),
      "an element is added at a free index")
    checks.expect(
      !(try pages.insert(try Page(.kernel), at: 5, .kernel)),
      "a second element at the same index is refused")
    checks.expect(
      try pages.insert(try Page(.kernel), at: UInt.max, .kernel),
      "an element is added at the last index")
    let zero: Bool? = pages.withElement(at: 5) { page in
      page.withBytes { bytes in isFilled(bytes, with: 0) }
    }
    checks.expect(zero == true, "the first element is still at its index")
    let none: Void? = pages.withElement(at: 6) { _ in }
    checks.expect(none == nil, "another index has no element")
    checks.expect(pages.remove(at: 5) != nil, "an element is removed by its index")
    checks.expect(pages.remove(at: 5) == nil, "an element is removed only once")
    checks.expect(pages.removeAll() == 1, "one element is left")
    checks.expect(pages.removeAll() == 0, "a second removeAll removes no element")
  }
  // The kernel logs a warning for flags that its slab allocators do not take, and for sizes that
  // are too large.
  run.test("allocation flags for pages are accepted by other allocations") { checks throws(Errno) in
    let flags: AllocationFlags = .kernel | .highMemory | .zeroed
    let box = try HeapBox(7, flags)
    checks.expect(box.value == 7, "a box is allocated")
    let array = try RigidArray<Int>(capacity: 4000, flags)
    checks.expect(array.capacity == 4000, "an array is allocated")
    let pages = try XArray<Page>(flags)
    var index: UInt = 0
    // The indexes are far apart, so that each element needs nodes of its own.
    while index < 64 {
      checks.expect(
        try pages.insert(try Page(.kernel), at: index << 40, flags), "an element is added")
      index &+= 1
    }
    checks.expect(pages.removeAll() == 64, "removeAll removes all elements")
  }
  run.test("an array of more than 2 GiB is refused without a warning") { checks throws(Errno) in
    checks.expect(.outOfMemory, "an array of 2 GiB and one byte throws outOfMemory") {
      () throws(Errno) in
      _ = try RigidArray<UInt8>(capacity: Int(Int32.max) + 2, .kernel)
    }
  }
}
