// SPDX-License-Identifier: GPL-2.0-only
// apus_pool_test: tests of single objects and of errors.

import Synchronization
import PoolDoubles
import Zpool

/// An allocator that refuses each request with an error of its own, and reports that it has
/// objects.
@ZpoolDriver("apus_refusing")
struct Refusing: Allocator, ~Copyable {
  let objects = Atomic<Int>(3)

  init(_ flags: AllocationFlags) throws(Errno) {}
  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot {
    throw .noSuchDevice
  }
  func free(_ slot: consuming Slot) {}
  var pageCount: Int { 7 }
  var objectCount: Int { objects.load(ordering: .relaxed) }
}

/// An allocator whose slots may be smaller than the request.
@ZpoolDriver("apus_short")
struct Short: Allocator, ~Copyable {
  let slabs: SpinLock<SlabLists>

  init(_ flags: AllocationFlags) throws(Errno) { slabs = SpinLock(try SlabLists(count: 1, flags)) }

  func allocate(_ request: borrowing AllocationRequest) throws(Errno) -> Slot {
    var slab = try Slab(pages: 1, slotSize: 64, request.flags, node: request.node)
    guard let slot = slab.takeSlot() else { throw .noSpaceLeft }
    slabs.withLock(giving: slab) { slabs, slab in slabs.insert(slab, inList: 0) }
    return slot
  }

  func free(_ slot: consuming Slot) {
    let empty = slabs.withLock(giving: slot) { slabs, slot in slabs.free(slot, sortedBy: { _ in 0 })
    }
    _ = consume empty
  }

  var pageCount: Int { 0 }
  var objectCount: Int { slabs.withLock { $0.objectCount } }
}

/// Allocates an object and fills it with a byte.
private func object<Store: ObjectStore & ~Copyable>(
  _ pool: borrowing Pool<Store>, _ byteCount: Int, _ byte: UInt8
) throws(Errno) -> Allocation<Store> {
  var page = try Pages<1>(.kernel)
  try page.fill(with: byte)
  var allocation = try pool.allocate(byteCount, .kernel)
  let failure: Errno? = page.withBytes { bytes in
    do throws(Errno) {
      try allocation.write(bytes.extracting(first: byteCount))
      return nil
    } catch { return error }
  }
  if let failure { throw failure }
  return allocation
}

/// Whether there are `byteCount` bytes and all of them have the value.
private func isFilled(_ bytes: RawSpan, _ byteCount: Int, _ byte: UInt8) -> Bool {
  var index = 0
  while index < bytes.byteCount {
    if bytes.byte(at: index) != byte { return false }
    index &+= 1
  }
  return bytes.byteCount == byteCount
}

private func testStore<Store: ObjectStore & ~Copyable>(
  _ run: inout TestRun, _ name: StaticCString, refusal: Errno = .noSpaceLeft,
  _ make: () throws(Errno) -> Pool<Store>
) {
  run.test(name) { checks throws(Errno) in
    let pool = try make()
    checks.expect(pool.pageCount == 0, "a new pool has no page")
    checks.expect(.invalidArgument, "an allocation of 0 bytes is refused") { () throws(Errno) in
      _ = try pool.allocate(0, .kernel)
    }
    checks.expect(.invalidArgument, "an allocation of -1 bytes is refused") { () throws(Errno) in
      _ = try pool.allocate(-1, .kernel)
    }
    let tooLarge = outcome { () throws(Errno) in _ = try pool.allocate(pageSize &+ 1, .kernel) }
    let far = outcome { () throws(Errno) in _ = try pool.allocate(Int.max, .kernel) }
    checks.expect(
      tooLarge == .noSpaceLeft || tooLarge == refusal,
      "an allocation of more than a page is refused")
    checks.expect(
      far == .noSpaceLeft || far == refusal, "an allocation of Int.max bytes is refused")
    checks.expect(pool.pageCount == 0, "the refused allocations take no page")
    var back = try Pages<1>(.kernel)
    do {
      let one = try object(pool, 1, 0x11)
      let two = try object(pool, 2000, 0x22)
      var three = try object(pool, 3333, 0x33)
      checks.expect(pool.pageCount > 0, "objects take pages")
      try back.withMutableBytes { bytes throws(Errno) in
        try one.read(into: bytes)
        try two.read(into: bytes, at: 1)
        try three.read(into: bytes, at: 2001)
        checks.expect(.invalidArgument, "a read into too few bytes is refused") {
          () throws(Errno) in
          try two.read(into: bytes, at: bytes.byteCount &- 1999)
        }
        checks.expect(.invalidArgument, "a read to a negative offset is refused") {
          () throws(Errno) in
          try two.read(into: bytes, at: -1)
        }
      }
      back.withBytes { bytes in
        checks.expect(
          isFilled(bytes.extracting(0..<1), 1, 0x11),
          "the first object reads back as it was written")
        checks.expect(
          isFilled(bytes.extracting(1..<2001), 2000, 0x22),
          "the second object reads back as it was written")
        checks.expect(
          isFilled(bytes.extracting(2001..<5334), 3333, 0x33),
          "the third object reads back as it was written")
      }
      let failure: Errno? = back.withBytes { bytes in
        do throws(Errno) {
          try three.write(bytes.extracting(first: 3334))
          return nil
        } catch { return error }
      }
      checks.expect(
        failure == .invalidArgument, "a write that is longer than the object is refused")
    }
    checks.expect(isEmptySoon(pool), "the objects are freed when their values end")
    // The pool ends before its object.
    let last = try object(pool, 500, 0x44)
    _ = consume pool
    try back.withMutableBytes { bytes throws(Errno) in try last.read(into: bytes) }
    back.withBytes { bytes in
      checks.expect(
        isFilled(bytes.extracting(0..<500), 500, 0x44),
        "an object can be read after the other owner of its pool ended")
    }
  }
}

private func testViews<Store: AddressableStore & ~Copyable>(
  _ run: inout TestRun, _ name: StaticCString, _ make: () throws(Errno) -> Pool<Store>
) {
  run.test(name) { checks throws(Errno) in
    let pool = try make()
    let one = try object(pool, 1000, 0x55)
    let two = try object(pool, 1000, 0x66)
    one.withBytes { first in
      two.withBytes { second in
        one.withBytes { again in
          checks.expect(
            isFilled(first, 1000, 0x55) && isFilled(again, 1000, 0x55),
            "two views of one object have its bytes")
          checks.expect(isFilled(second, 1000, 0x66), "a view of another object has its bytes")
        }
      }
      checks.expect(isFilled(first, 1000, 0x55), "the outer view still has its bytes")
    }
  }
}

func testAllocations(_ run: inout TestRun) {
  testStore(&run, "apus_zbud keeps objects") { () throws(Errno) in
    try Pool(DirectStore(try Buddies(.kernel)), .kernel)
  }
  testStore(&run, "apus_zblock keeps objects") { () throws(Errno) in
    try Pool(DirectStore(try SlotSlabs(.kernel)), .kernel)
  }
  testStore(&run, "apus_zbud as it is registered keeps objects") { () throws(Errno) in
    try Pool(RegisteredStore(try ZpoolRegistration(Buddies.self)), .kernel)
  }
  testStore(&run, "apus_zblock as it is registered keeps objects") { () throws(Errno) in
    try Pool(RegisteredStore(try ZpoolRegistration(SlotSlabs.self)), .kernel)
  }
  // The kernel's zsmalloc refuses a size that is too large with `invalidArgument` on 6.1.
  testStore(&run, "the kernel's zsmalloc keeps objects", refusal: .invalidArgument) {
    () throws(Errno) in
    try Pool(KernelStore("apus_pool_test"), .kernel)
  }
  if PoolTest.peers {
    testStore(&run, "the kernel's zbud keeps objects") { () throws(Errno) in
      try Pool(PeerStore("zbud"), .kernel)
    }
    testStore(&run, "the kernel's z3fold keeps objects") { () throws(Errno) in
      try Pool(PeerStore("z3fold"), .kernel)
    }
  }
  testViews(&run, "several objects of apus_zbud are viewed concurrently") { () throws(Errno) in
    try Pool(DirectStore(try Buddies(.kernel)), .kernel)
  }
  testViews(&run, "several objects of apus_zblock are viewed concurrently") { () throws(Errno) in
    try Pool(DirectStore(try SlotSlabs(.kernel)), .kernel)
  }
}

/// Reads an object in interrupt context, where the read must be refused.
@TimerHandler
private struct Interrupting: TimerHandler, ~Copyable {
  let object: Allocation<KernelStore>
  let page: SpinLockIRQ<Page>
  /// 1 if the read threw the expected error, 2 if anything else happened.
  let outcome = Atomic<Int>(0)

  func expired(_ timer: borrowing TimerContext) -> TimerAction {
    let failure = page.withLock { page in read(&page) }
    outcome.store(failure == .tryAgain ? 1 : 2, ordering: .relaxed)
    return .stop
  }

  func read(_ page: inout Page) -> Errno? {
    do throws(Errno) {
      try page.withMutableBytes { bytes throws(Errno) in try object.read(into: bytes) }
      return nil
    } catch { return error }
  }
}

private func testInterrupt(_ run: inout TestRun) {
  run.test("a read of an object of zsmalloc is refused in an interrupt") { checks throws(Errno) in
    let pool = try Pool(KernelStore("apus_pool_interrupt"), .kernel)
    let timer = try Timer(
      Interrupting(object: try object(pool, 1000, 0x77), page: SpinLockIRQ(try Page(.kernel))),
      .kernel)
    timer.start(after: .milliseconds(1))
    var tries = 0
    while timer.handler.outcome.load(ordering: .relaxed) == 0, tries < 1000 {
      sleep(for: .milliseconds(1))
      tries &+= 1
    }
    checks.expect(
      timer.handler.outcome.load(ordering: .relaxed) == 1,
      "the read in the interrupt throws tryAgain")
  }
}

/// The byte that fills an object of the thinning test.
private func mark(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: index &* 37 &+ 11) }

/// Stores an object of a size that zswap uses. The size differs from round to round.
private func fill(
  _ table: inout ObjectTable<DirectStore<SlotSlabs>>, _ index: Int, _ round: Int,
  _ page: inout Pages<1>
) throws(Errno) {
  try page.fill(with: mark(index &+ round))
  let length = thinningLength(index, round)
  let failure: Errno? = page.withBytes { bytes in
    outcome { () throws(Errno) in
      try table.store(bytes.extracting(first: length), at: index, .kernel)
    }
  }
  if let failure { throw failure }
}

private func thinningLength(_ index: Int, _ round: Int) -> Int {
  200 &+ (index &* 2741 &+ round &* 977) % 3800
}

private func testThinning(_ run: inout TestRun) {
  run.test("apus_zblock frees pages of slabs that are not empty, and keeps the objects") {
    checks throws(Errno) in
    let pool = try Pool(DirectStore(try SlotSlabs(.kernel)), .kernel)
    let capacity = 4000
    var table = try ObjectTable(in: pool, capacity: capacity)
    var page = try Pages<1>(.kernel)
    // The round in which each object was stored, or 255 if there is no object.
    var rounds = try RigidArray<UInt8>(capacity: capacity, .kernel)
    var index = 0
    while index < capacity {
      try fill(&table, index, 0, &page)
      try rounds.append(0)
      index &+= 1
    }
    let full = pool.pageCount
    var numbers = Numbers(seed: 99)
    var round = 1
    while round <= 3 {
      // Frees about half of the objects, then stores new ones.
      index = 0
      while index < capacity {
        if numbers.next() & 0x10000 == 0, table.remove(at: index) {
          _ = rounds.withMutableElement(at: index) { $0 = 255 }
        }
        index &+= 1
      }
      let thinned = pool.pageCount
      checks.expect(thinned < full &- full / 8, "freeing half of the objects frees pages")
      log(.info, "# \(full) pages, \(thinned) when half of the objects had gone")
      checks.expect(
        try isRight(table, rounds, &page),
        "the objects that are left read back as they were written")
      index = 0
      while index < capacity {
        if rounds.withElement(at: index, { $0 == 255 }) == true {
          try fill(&table, index, round, &page)
          _ = rounds.withMutableElement(at: index) { $0 = UInt8(truncatingIfNeeded: round) }
        }
        index &+= 1
      }
      checks.expect(
        try isRight(table, rounds, &page), "after new objects are stored, all objects read back")
      checks.expect(
        pool.pageCount < full &+ full / 8,
        "with the new objects, the pool has about as many pages as at first")
      round &+= 1
    }
    _ = consume table
    checks.expect(pool.pageCount == 0, "no page is left when all objects are freed")
  }
}

private func isRight(
  _ table: borrowing ObjectTable<DirectStore<SlotSlabs>>, _ rounds: borrowing RigidArray<UInt8>,
  _ page: inout Pages<1>
) throws(Errno) -> Bool {
  var index = 0
  while index < table.capacity {
    let found = try page.withMutableBytes { bytes throws(Errno) in
      try table.read(at: index, into: bytes)
    }
    let round = rounds.withElement(at: index) { Int($0) } ?? 255
    let wanted = round == 255 ? nil : thinningLength(index, round)
    guard found == wanted else { return false }
    if let wanted {
      let right = page.withBytes { bytes in
        isFilled(bytes.extracting(first: wanted), wanted, mark(index &+ round))
      }
      if !right { return false }
    }
    index &+= 1
  }
  return true
}

func testErrors(_ run: inout TestRun) {
  run.test("a pool throws the allocator's errors, and its end with objects left is reported") {
    checks throws(Errno) in
    let pool = try Pool(RegisteredStore(try ZpoolRegistration(Refusing.self)), .kernel)
    checks.expect(.noSuchDevice, "an allocation throws the allocator's error") { () throws(Errno) in
      _ = try pool.allocate(1, .kernel)
    }
    checks.expect(.invalidArgument, "a NUMA node that does not exist is refused") {
      () throws(Errno) in
      _ = try pool.allocate(1, .kernel, node: try NUMANode(77))
    }
    checks.expect(pool.pageCount == 7, "the allocator counts the pages of the pool")
  }
  run.test("an object that is smaller than requested is refused") {
    checks throws(Errno) in
    let pool = try Pool(DirectStore(try Short(.kernel)), .kernel)
    let registered = try Pool(RegisteredStore(try ZpoolRegistration(Short.self)), .kernel)
    checks.expect(.noSpaceLeft, "a request for 65 bytes fails if the object has 64") {
      () throws(Errno) in
      _ = try pool.allocate(65, .kernel)
    }
    checks.expect(.noSpaceLeft, "that request also fails through the registered allocator") {
      () throws(Errno) in
      _ = try registered.allocate(65, .kernel)
    }
    let enough = try pool.allocate(64, .kernel)
    checks.expect(enough.byteCount == 64, "a request for 64 bytes succeeds")
  }
  run.test("a table holds one object for each number") { checks throws(Errno) in
    let pool = try Pool(DirectStore(try SlotSlabs(.kernel)), .kernel)
    checks.expect(.invalidArgument, "a table with capacity 0 is refused") { () throws(Errno) in
      _ = try ObjectTable(in: pool, capacity: 0)
    }
    checks.expect(.invalidArgument, "a table whose capacity overflows is refused") {
      () throws(Errno) in
      _ = try ObjectTable(in: pool, capacity: Int.max)
    }
    do {
      var table = try ObjectTable(in: pool, capacity: 1_000_000)
      var page = try Page(.kernel | .zeroed)
      let failures: (Errno?, Errno?, Errno?) = page.withBytes { bytes in
        (
          outcome { () throws(Errno) in
            try table.store(bytes.extracting(first: 100), at: 1_000_000, .kernel)
          },
          outcome { () throws(Errno) in
            try table.store(bytes.extracting(first: 100), at: -1, .kernel)
          },
          outcome { () throws(Errno) in try table.store(bytes.extracting(first: 0), at: 0, .kernel)
          }
        )
      }
      checks.expect(failures.0 == .invalidArgument, "a number beyond the capacity is refused")
      checks.expect(failures.1 == .invalidArgument, "a negative number is refused")
      checks.expect(failures.2 == .invalidArgument, "an object of 0 bytes is refused")
      let kept: Errno? = page.withBytes { bytes in
        outcome { () throws(Errno) in
          try table.store(bytes.extracting(first: 100), at: 999_999, .kernel)
          try table.store(bytes.extracting(first: 200), at: 999_999, .kernel)
          try table.store(bytes.extracting(first: 300), at: 0, .kernel)
        }
      }
      checks.expect(
        kept == nil && table.count == 2, "a second object with the same number replaces the first")
      let lengths = try page.withMutableBytes { bytes throws(Errno) in
        (
          try table.read(at: 999_999, into: bytes), try table.read(at: 0, into: bytes),
          try table.read(at: 5, into: bytes)
        )
      }
      checks.expect(
        lengths.0 == 200 && lengths.1 == 300 && lengths.2 == nil,
        "each object has the length of its last store")
      checks.expect(
        table.remove(at: 0) && !table.remove(at: 0) && !table.remove(at: -1),
        "an object is removed once")
    }
    checks.expect(pool.pageCount == 0, "the objects are freed with the table")
  }
}

func testSlabs(_ run: inout TestRun) {
  testInterrupt(&run)
  testSparing(&run)
  testThinning(&run)
  run.test("only the lists that own a slab free its objects") { checks throws(Errno) in
    var slab = try Slab(pages: 2, slotSize: 1024, .kernel)
    checks.expect(
      slab.slotCount == 7 && slab.isEmpty, "the space behind the header is divided into slots")
    var lists = try SlabLists(count: 2, .kernel)
    var others = try SlabLists(count: 2, .kernel)
    guard let first = slab.takeSlot(), let second = slab.takeSlot(), let third = slab.takeSlot()
    else {
      throw .noSpaceLeft
    }
    lists.insert(slab, inList: 1)
    checks.expect(lists.objectCount == 3, "the lists count the objects of an inserted slab")
    let wrong = others.free(first, sortedBy: { _ in 0 })
    checks.expect(
      isNone(wrong) && lists.objectCount == 3 && others.objectCount == 0,
      "other lists do not free an object of the slab")
    let freed = lists.free(second, sortedBy: { $0.objectCount })
    checks.expect(
      isNone(freed) && lists.objectCount == 2, "the lists that own the slab free its object")
    if let taken = lists.popFirst(fromList: 0) {
      checks.expect(
        lists.objectCount == 0 && taken.objectCount == 2,
        "the lists do not count the objects of a slab that is taken out")
      let out = lists.free(third, sortedBy: { _ in 0 })
      checks.expect(
        isNone(out) && taken.objectCount == 2, "an object of a slab that is taken out is not freed")
      _ = consume taken
    } else {
      checks.expect(false, "the slab can be taken out of its list")
    }
    checks.expect(.invalidArgument, "a slot that is larger than the slab is refused") {
      () throws(Errno) in
      _ = try Slab(pages: 1, slotSize: 4096, .kernel)
    }
    checks.expect(.invalidArgument, "a slab of 0 pages is refused") { () throws(Errno) in
      _ = try Slab(pages: 0, slotSize: 64, .kernel)
    }
    checks.expect(.invalidArgument, "65 lists are refused") { () throws(Errno) in
      _ = try SlabLists(count: 65, .kernel)
    }
  }
  run.test("objects are freed while their slab is evicted") { checks throws(Errno) in
    var pair = try Slab(pairIn: .kernel)
    var lists = try SlabLists(count: 2, .kernel)
    guard let front = pair.takeEnd(byteCount: 1000), let back = pair.takeEnd(byteCount: 2000) else {
      throw .noSpaceLeft
    }
    lists.insert(pair, inList: 0)
    guard let victim = lists.popOldest() else { throw .invalidArgument }
    let meanwhile = lists.freeEnd(front, sortedBy: { _ in 0 })
    checks.expect(isNone(meanwhile), "freeing an object of an evicted slab does not free its page")
    checks.expect(
      lists.objectCount == 1 && lists.freeSlotCount == 1, "the object of the evicted slab is freed")
    let none = lists.takeEnd(byteCount: 100, fromList: 0, sortedBy: { _ in 0 })
    checks.expect(isNone(none), "no object is placed in an evicted slab")
    let kept = lists.finish(victim, sortedBy: { $0.freeBytesBetweenEnds >= 1000 ? 1 : 0 })
    checks.expect(isNone(kept), "an evicted slab with an object is put back")
    guard let again = lists.takeEnd(byteCount: 1000, fromList: 1, sortedBy: { _ in 0 }) else {
      throw .noSpaceLeft
    }
    checks.expect(lists.objectCount == 2, "the free space of the slab that was put back is used")
    _ = lists.freeEnd(again, sortedBy: { _ in 0 })
    let last = lists.freeEnd(back, sortedBy: { _ in 0 })
    checks.expect(
      count(last) == 1 && lists.objectCount == 0, "the page is freed with its last object")

    var slab = try Slab(pages: 2, slotSize: 1024, .kernel)
    guard let slot = slab.takeSlot() else { throw .noSpaceLeft }
    lists.insert(slab, inList: 1)
    guard let second = lists.popOldest() else { throw .invalidArgument }
    let only = lists.free(slot, sortedBy: { _ in 0 })
    checks.expect(
      isNone(only) && lists.objectCount == 0,
      "freeing the last object of an evicted slab does not free its pages")
    let rest = lists.finish(second, sortedBy: { _ in 0 })
    checks.expect(
      count(rest) == 2 && lists.freeSlotCount == 0, "the end of the eviction frees both pages")
  }
  run.test("other lists do not take an evicted slab after its own lists have ended") {
    checks throws(Errno) in
    var pair = try Slab(pairIn: .kernel)
    var lists = try SlabLists(count: 64, .kernel)
    guard let front = pair.takeEnd(byteCount: 1000), let back = pair.takeEnd(byteCount: 1000) else {
      throw .noSpaceLeft
    }
    lists.insert(pair, inList: 0)
    guard let victim = lists.popOldest() else { throw .invalidArgument }
    _ = consume lists
    // These lists are likely to get the memory of the freed ones.
    var others = try SlabLists(count: 64, .kernel)
    let freed = others.freeEnd(front, sortedBy: { _ in 0 })
    checks.expect(
      isNone(freed) && others.freeSlotCount == 0, "other lists do not free an object of the slab")
    let rest = others.finish(victim, sortedBy: { _ in 0 })
    checks.expect(isNone(rest) && others.objectCount == 0, "other lists do not keep the slab")
    let found = others.popFirst(fromList: 0)
    checks.expect(isNone(found), "other lists are empty after that")
    let last = others.freeEnd(back, sortedBy: { _ in 0 })
    checks.expect(
      isNone(last) && others.freeSlotCount == 0,
      "other lists do not free the second object of the slab")
  }
  run.test("an object at an end of a slab and an object in a slot are not confused") {
    checks throws(Errno) in
    var pair = try Slab(pairIn: .kernel)
    var slots = try Slab(pages: 1, slotSize: 1024, .kernel)
    var lists = try SlabLists(count: 3, .kernel)
    guard let front = pair.takeEnd(byteCount: 1000), let back = pair.takeEnd(byteCount: 2000),
      let first = slots.takeSlot(), let second = slots.takeSlot()
    else { throw .noSpaceLeft }
    checks.expect(pair.freeBytesBetweenEnds == 0, "objects take both ends of the slab")
    lists.insert(pair, inList: 0)
    lists.insert(slots, inList: 7)
    let wrongEnd = lists.free(front, sortedBy: { _ in 0 })
    let wrongSlot = lists.freeEnd(first, sortedBy: { _ in 0 })
    checks.expect(isNone(wrongEnd), "an object at an end is not freed as an object in a slot")
    checks.expect(
      isNone(wrongSlot) && lists.objectCount == 4,
      "an object in a slot is not freed as an object at an end")
    let end = lists.freeEnd(back, sortedBy: { $0.freeBytesBetweenEnds >= 2000 ? 1 : 2 })
    let slot = lists.free(second, sortedBy: { _ in 0 })
    checks.expect(isNone(end), "an object at an end is freed as such")
    checks.expect(isNone(slot) && lists.objectCount == 2, "an object in a slot is freed as such")
    guard let fitting = lists.takeEnd(byteCount: 2000, fromList: 1, sortedBy: { _ in 0 }) else {
      throw .noSpaceLeft
    }
    checks.expect(lists.objectCount == 3, "the free space at an end is used again")
    _ = lists.freeEnd(fitting, sortedBy: { _ in 0 })
  }
}

private func testSparing(_ run: inout TestRun) {
  run.test("pages without an object are freed, and their slots are not used again") {
    checks throws(Errno) in
    // Slots of 2048 bytes after the header: the first lies on page 0, the next ones on pages 0 and
    // 1, 1, 1 and 2, and 2.
    var slab = try Slab(pages: 3, slotSize: 2048, .kernel)
    var lists = try SlabLists(count: 1, .kernel)
    guard let first = slab.takeSlot(), let second = slab.takeSlot(), let third = slab.takeSlot(),
      let fourth = slab.takeSlot(), let fifth = slab.takeSlot()
    else { throw .noSpaceLeft }
    checks.expect(slab.freeSlotCount == 0, "the slab has five slots")
    lists.insert(slab, inList: 0)
    let none = lists.free(fifth, sparing: { _, _ in true }, sortedBy: { _ in 0 })
    checks.expect(
      isNone(none) && lists.freeSlotCount == 1, "a page with a part of an object is not freed")
    guard let again = lists.takeSlot(fromList: 0, sortedBy: { _ in 0 }) else { throw .noSpaceLeft }
    checks.expect(lists.freeSlotCount == 0 && lists.objectCount == 5, "a free slot is used again")
    _ = lists.free(again, sortedBy: { _ in 0 })
    _ = lists.free(third, sortedBy: { _ in 0 })
    checks.expect(lists.freeSlotCount == 2, "two slots are free")
    let last = lists.free(fourth, sparing: { _, _ in true }, sortedBy: { _ in 0 })
    checks.expect(
      count(last) == 1 && lists.freeSlotCount == 1,
      "the last page is freed with its two slots, and the page before it is not"
    )
    guard let back = lists.takeSlot(fromList: 0, sortedBy: { _ in 0 }) else { throw .noSpaceLeft }
    let beyond = lists.takeSlot(fromList: 0, sortedBy: { _ in 0 })
    checks.expect(isNone(beyond), "no object is placed in a slot without a page")
    checks.expect(
      isNone(lists.free(back, sparing: { _, _ in false }, sortedBy: { _ in 0 })),
      "without sparing, no page is freed while two objects are left")
    checks.expect(
      isNone(lists.free(second, sparing: { _, _ in false }, sortedBy: { _ in 0 })),
      "without sparing, no page is freed while one object is left")
    let rest = lists.free(first, sparing: { _, _ in false }, sortedBy: { _ in 0 })
    checks.expect(
      count(rest) == 2 && lists.freeSlotCount == 0,
      "the two remaining pages are freed with the last object")
  }
}

private func count(_ pages: consuming SparePages?) -> Int {
  switch consume pages {
  case .some(let pages): pages.count
  case .none: 0
  }
}

private func isNone(_ slot: consuming Slot?) -> Bool {
  switch consume slot {
  case .some: false
  case .none: true
  }
}

private func isNone(_ slab: consuming Slab?) -> Bool {
  switch consume slab {
  case .some: false
  case .none: true
  }
}

private func isNone(_ pages: consuming SparePages?) -> Bool {
  switch consume pages {
  case .some: false
  case .none: true
  }
}

/// Returns the error that a body throws, or nil.
func outcome(_ body: () throws(Errno) -> Void) -> Errno? {
  do throws(Errno) {
    try body()
    return nil
  } catch { return error }
}
