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
    checks.expect(pool.pageCount == 0, "it begins with no page")
    checks.expect(.invalidArgument, "no object has no bytes") { () throws(Errno) in
      _ = try pool.allocate(0, .kernel)
    }
    checks.expect(.invalidArgument, "none has less") { () throws(Errno) in
      _ = try pool.allocate(-1, .kernel)
    }
    let tooLarge = outcome { () throws(Errno) in _ = try pool.allocate(pageSize &+ 1, .kernel) }
    let far = outcome { () throws(Errno) in _ = try pool.allocate(Int.max, .kernel) }
    checks.expect(tooLarge == .noSpaceLeft || tooLarge == refusal, "none is larger than a page")
    checks.expect(far == .noSpaceLeft || far == refusal, "least of all this one")
    checks.expect(pool.pageCount == 0, "nothing came of it")
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
        checks.expect(.invalidArgument, "what does not fit is not read") { () throws(Errno) in
          try two.read(into: bytes, at: bytes.byteCount &- 1999)
        }
        checks.expect(.invalidArgument, "nor to a place that is none") { () throws(Errno) in
          try two.read(into: bytes, at: -1)
        }
      }
      back.withBytes { bytes in
        checks.expect(isFilled(bytes.extracting(0..<1), 1, 0x11), "the first is as it was written")
        checks.expect(isFilled(bytes.extracting(1..<2001), 2000, 0x22), "the second, too")
        checks.expect(isFilled(bytes.extracting(2001..<5334), 3333, 0x33), "and the third")
      }
      let failure: Errno? = back.withBytes { bytes in
        do throws(Errno) {
          try three.write(bytes.extracting(first: 3334))
          return nil
        } catch { return error }
      }
      checks.expect(failure == .invalidArgument, "what is longer than the object is not written")
    }
    checks.expect(isEmptySoon(pool), "they end with their values")
    // The pool ends before its object.
    let last = try object(pool, 500, 0x44)
    _ = consume pool
    try back.withMutableBytes { bytes throws(Errno) in try last.read(into: bytes) }
    back.withBytes { bytes in
      checks.expect(isFilled(bytes.extracting(0..<500), 500, 0x44), "an object keeps its pool")
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
            isFilled(first, 1000, 0x55) && isFilled(again, 1000, 0x55), "the same twice")
          checks.expect(isFilled(second, 1000, 0x66), "another at the same time")
        }
      }
      checks.expect(isFilled(first, 1000, 0x55), "the first is still there")
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
  testViews(&run, "objects of apus_zbud are looked at several at once") { () throws(Errno) in
    try Pool(DirectStore(try Buddies(.kernel)), .kernel)
  }
  testViews(&run, "objects of apus_zblock are") { () throws(Errno) in
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
  run.test("an object of zsmalloc's is not mapped in an interrupt") { checks throws(Errno) in
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
    checks.expect(timer.handler.outcome.load(ordering: .relaxed) == 1, "it is refused there")
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
  run.test("apus_zblock gives back pages of slabs that are not empty, and keeps the objects") {
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
      checks.expect(thinned < full &- full / 8, "pages are given back")
      log(.info, "# \(full) pages, \(thinned) when half of the objects had gone")
      checks.expect(try isRight(table, rounds, &page), "what is left is as it was written")
      index = 0
      while index < capacity {
        if rounds.withElement(at: index, { $0 == 255 }) == true {
          try fill(&table, index, round, &page)
          _ = rounds.withMutableElement(at: index) { $0 = UInt8(truncatingIfNeeded: round) }
        }
        index &+= 1
      }
      checks.expect(try isRight(table, rounds, &page), "and so with what comes after")
      checks.expect(pool.pageCount < full &+ full / 8, "in about as many pages")
      round &+= 1
    }
    _ = consume table
    checks.expect(pool.pageCount == 0, "none is left")
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
  run.test("errors come through as they are, and a pool with objects left is reported") {
    checks throws(Errno) in
    let pool = try Pool(RegisteredStore(try ZpoolRegistration(Refusing.self)), .kernel)
    checks.expect(.noSuchDevice, "an allocator's own error") { () throws(Errno) in
      _ = try pool.allocate(1, .kernel)
    }
    checks.expect(.invalidArgument, "a node that is not there") { () throws(Errno) in
      _ = try pool.allocate(1, .kernel, node: try NUMANode(77))
    }
    checks.expect(pool.pageCount == 7, "the pages are counted in its unit")
  }
  run.test("an allocator that gives less than it was asked for is found out") {
    checks throws(Errno) in
    let pool = try Pool(DirectStore(try Short(.kernel)), .kernel)
    let registered = try Pool(RegisteredStore(try ZpoolRegistration(Short.self)), .kernel)
    checks.expect(.noSpaceLeft, "65 bytes are more than 64") { () throws(Errno) in
      _ = try pool.allocate(65, .kernel)
    }
    checks.expect(.noSpaceLeft, "to C as well") { () throws(Errno) in
      _ = try registered.allocate(65, .kernel)
    }
    let enough = try pool.allocate(64, .kernel)
    checks.expect(enough.byteCount == 64, "what fits is given")
  }
  run.test("a table holds an object for each number") { checks throws(Errno) in
    let pool = try Pool(DirectStore(try SlotSlabs(.kernel)), .kernel)
    checks.expect(.invalidArgument, "a table has room for one at least") { () throws(Errno) in
      _ = try ObjectTable(in: pool, capacity: 0)
    }
    checks.expect(.invalidArgument, "and not for more than can be addressed") { () throws(Errno) in
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
      checks.expect(failures.0 == .invalidArgument, "a number beyond it is none of its")
      checks.expect(failures.1 == .invalidArgument, "nor one below")
      checks.expect(failures.2 == .invalidArgument, "an object has a byte at least")
      let kept: Errno? = page.withBytes { bytes in
        outcome { () throws(Errno) in
          try table.store(bytes.extracting(first: 100), at: 999_999, .kernel)
          try table.store(bytes.extracting(first: 200), at: 999_999, .kernel)
          try table.store(bytes.extracting(first: 300), at: 0, .kernel)
        }
      }
      checks.expect(kept == nil && table.count == 2, "an object is replaced by the next")
      let lengths = try page.withMutableBytes { bytes throws(Errno) in
        (
          try table.read(at: 999_999, into: bytes), try table.read(at: 0, into: bytes),
          try table.read(at: 5, into: bytes)
        )
      }
      checks.expect(lengths.0 == 200 && lengths.1 == 300 && lengths.2 == nil, "each has its length")
      checks.expect(
        table.remove(at: 0) && !table.remove(at: 0) && !table.remove(at: -1), "it is removed once")
    }
    checks.expect(pool.pageCount == 0, "the objects end with the table")
  }
}

func testSlabs(_ run: inout TestRun) {
  testInterrupt(&run)
  testSparing(&run)
  testThinning(&run)
  run.test("a slab keeps its objects, and only its own lists free them") { checks throws(Errno) in
    var slab = try Slab(pages: 2, slotSize: 1024, .kernel)
    checks.expect(slab.slotCount == 7 && slab.isEmpty, "what the header leaves is slots")
    var lists = try SlabLists(count: 2, .kernel)
    var others = try SlabLists(count: 2, .kernel)
    guard let first = slab.takeSlot(), let second = slab.takeSlot(), let third = slab.takeSlot()
    else {
      throw .noSpaceLeft
    }
    lists.insert(slab, inList: 1)
    checks.expect(lists.objectCount == 3, "its objects are counted")
    let wrong = others.free(first, sortedBy: { _ in 0 })
    checks.expect(
      isNone(wrong) && lists.objectCount == 3 && others.objectCount == 0,
      "other lists do not free them")
    let freed = lists.free(second, sortedBy: { $0.objectCount })
    checks.expect(isNone(freed) && lists.objectCount == 2, "its own do")
    if let taken = lists.popFirst(fromList: 0) {
      checks.expect(
        lists.objectCount == 0 && taken.objectCount == 2,
        "a slab that is taken out takes them along")
      let out = lists.free(third, sortedBy: { _ in 0 })
      checks.expect(isNone(out) && taken.objectCount == 2, "and they are not freed meanwhile")
      _ = consume taken
    } else {
      checks.expect(false, "the slab is in a list")
    }
    checks.expect(.invalidArgument, "a slot is larger than the slab") { () throws(Errno) in
      _ = try Slab(pages: 1, slotSize: 4096, .kernel)
    }
    checks.expect(.invalidArgument, "there is no slab of no pages") { () throws(Errno) in
      _ = try Slab(pages: 0, slotSize: 64, .kernel)
    }
    checks.expect(.invalidArgument, "there are not 65 lists") { () throws(Errno) in
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
    checks.expect(isNone(meanwhile), "its page stays")
    checks.expect(lists.objectCount == 1 && lists.freeSlotCount == 1, "the object goes")
    let none = lists.takeEnd(byteCount: 100, fromList: 0, sortedBy: { _ in 0 })
    checks.expect(isNone(none), "and no other one is put there")
    let kept = lists.finish(victim, sortedBy: { $0.freeBytesBetweenEnds >= 1000 ? 1 : 0 })
    checks.expect(isNone(kept), "a page with an object is put back")
    guard let again = lists.takeEnd(byteCount: 1000, fromList: 1, sortedBy: { _ in 0 }) else {
      throw .noSpaceLeft
    }
    checks.expect(lists.objectCount == 2, "with the room that there is")
    _ = lists.freeEnd(again, sortedBy: { _ in 0 })
    let last = lists.freeEnd(back, sortedBy: { _ in 0 })
    checks.expect(
      count(last) == 1 && lists.objectCount == 0, "it goes with the last of its objects")

    var slab = try Slab(pages: 2, slotSize: 1024, .kernel)
    guard let slot = slab.takeSlot() else { throw .noSpaceLeft }
    lists.insert(slab, inList: 1)
    guard let second = lists.popOldest() else { throw .invalidArgument }
    let only = lists.free(slot, sortedBy: { _ in 0 })
    checks.expect(isNone(only) && lists.objectCount == 0, "whoever evicts has the pages to give")
    let rest = lists.finish(second, sortedBy: { _ in 0 })
    checks.expect(count(rest) == 2 && lists.freeSlotCount == 0, "which are both given then")
  }
  run.test("a slab that is evicted is none of other lists', although its own have ended") {
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
    checks.expect(isNone(freed) && others.freeSlotCount == 0, "its objects are not theirs to free")
    let rest = others.finish(victim, sortedBy: { _ in 0 })
    checks.expect(isNone(rest) && others.objectCount == 0, "nor is it theirs to keep")
    let found = others.popFirst(fromList: 0)
    checks.expect(isNone(found), "they are empty")
    let last = others.freeEnd(back, sortedBy: { _ in 0 })
    checks.expect(isNone(last) && others.freeSlotCount == 0, "and stay so")
  }
  run.test("an object at an end is not one in a slot") { checks throws(Errno) in
    var pair = try Slab(pairIn: .kernel)
    var slots = try Slab(pages: 1, slotSize: 1024, .kernel)
    var lists = try SlabLists(count: 3, .kernel)
    guard let front = pair.takeEnd(byteCount: 1000), let back = pair.takeEnd(byteCount: 2000),
      let first = slots.takeSlot(), let second = slots.takeSlot()
    else { throw .noSpaceLeft }
    checks.expect(pair.freeBytesBetweenEnds == 0, "both ends are taken")
    lists.insert(pair, inList: 0)
    lists.insert(slots, inList: 7)
    let wrongEnd = lists.free(front, sortedBy: { _ in 0 })
    let wrongSlot = lists.freeEnd(first, sortedBy: { _ in 0 })
    checks.expect(isNone(wrongEnd), "an object at an end is not freed as if it were in a slot")
    checks.expect(isNone(wrongSlot) && lists.objectCount == 4, "nor the other way round")
    let end = lists.freeEnd(back, sortedBy: { $0.freeBytesBetweenEnds >= 2000 ? 1 : 2 })
    let slot = lists.free(second, sortedBy: { _ in 0 })
    checks.expect(isNone(end), "an object at an end is freed as what it is")
    checks.expect(isNone(slot) && lists.objectCount == 2, "and so is one in a slot")
    guard let fitting = lists.takeEnd(byteCount: 2000, fromList: 1, sortedBy: { _ in 0 }) else {
      throw .noSpaceLeft
    }
    checks.expect(lists.objectCount == 3, "the room at an end is had again")
    _ = lists.freeEnd(fitting, sortedBy: { _ in 0 })
  }
}

private func testSparing(_ run: inout TestRun) {
  run.test("pages that no object is on are given back, and their slots not again") {
    checks throws(Errno) in
    // Slots of 2048 bytes after the header: the first lies on page 0, the next ones on pages 0 and
    // 1, 1, 1 and 2, and 2.
    var slab = try Slab(pages: 3, slotSize: 2048, .kernel)
    var lists = try SlabLists(count: 1, .kernel)
    guard let first = slab.takeSlot(), let second = slab.takeSlot(), let third = slab.takeSlot(),
      let fourth = slab.takeSlot(), let fifth = slab.takeSlot()
    else { throw .noSpaceLeft }
    checks.expect(slab.freeSlotCount == 0, "there are five")
    lists.insert(slab, inList: 0)
    let none = lists.free(fifth, sparing: { _, _ in true }, sortedBy: { _ in 0 })
    checks.expect(isNone(none) && lists.freeSlotCount == 1, "a page with a part of an object stays")
    guard let again = lists.takeSlot(fromList: 0, sortedBy: { _ in 0 }) else { throw .noSpaceLeft }
    checks.expect(lists.freeSlotCount == 0 && lists.objectCount == 5, "a free slot is taken again")
    _ = lists.free(again, sortedBy: { _ in 0 })
    _ = lists.free(third, sortedBy: { _ in 0 })
    checks.expect(lists.freeSlotCount == 2, "and again")
    let last = lists.free(fourth, sparing: { _, _ in true }, sortedBy: { _ in 0 })
    checks.expect(
      count(last) == 1 && lists.freeSlotCount == 1,
      "the last page goes, and two slots with it, but not the page before"
    )
    guard let back = lists.takeSlot(fromList: 0, sortedBy: { _ in 0 }) else { throw .noSpaceLeft }
    let beyond = lists.takeSlot(fromList: 0, sortedBy: { _ in 0 })
    checks.expect(isNone(beyond), "nothing is put where no page is")
    checks.expect(
      isNone(lists.free(back, sparing: { _, _ in false }, sortedBy: { _ in 0 })),
      "without sparing none goes")
    checks.expect(
      isNone(lists.free(second, sparing: { _, _ in false }, sortedBy: { _ in 0 })), "nor then")
    let rest = lists.free(first, sparing: { _, _ in false }, sortedBy: { _ in 0 })
    checks.expect(
      count(rest) == 2 && lists.freeSlotCount == 0, "with the last object the other two go")
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
