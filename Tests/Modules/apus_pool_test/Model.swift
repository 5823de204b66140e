// SPDX-License-Identifier: GPL-2.0-only
// apus_pool_test: a random test against a model that knows the contents of each object.

import Synchronization
import PoolDoubles
import Zpool

/// Pseudorandom numbers, the same in each run.
struct Numbers {
  private var state: UInt64

  init(seed: UInt64) { state = (seed | 1) &* 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> UInt64 {
    state ^= state &<< 13
    state ^= state &>> 7
    state ^= state &<< 17
    return state
  }

  mutating func next(below bound: UInt64) -> Int {
    bound > 0 ? Int(truncatingIfNeeded: next() % bound) : 0
  }
}

/// The results that threads report to their test.
struct Tally: ~Copyable, Sendable {
  let wrong = Atomic<Int>(0)
  let errors = Atomic<Int>(0)
  let stored = Atomic<Int>(0)
  let verified = Atomic<Int>(0)
  let ended: Completion

  init() throws(Errno) { ended = try Completion(.kernel) }
}

/// One thread's part of the test: a table of its own, in a pool that all threads use.
struct Worker<Store: ObjectStore & ~Copyable>: ~Copyable, Sendable {
  static var capacity: Int { 300 }
  /// With the two bytes of the table, the size of a page.
  static var maximum: UInt64 { 4094 }

  let pool: Pool<Store>
  let tally: Shared<Tally>
  let seed: UInt64
  let rounds: Int
  let limit: UInt64

  init(
    _ pool: borrowing Pool<Store>, _ tally: borrowing Shared<Tally>, seed: UInt64, rounds: Int,
    limit: UInt64 = maximum
  ) {
    self.pool = pool.share()
    self.tally = tally.share()
    self.seed = seed
    self.rounds = rounds
    self.limit = limit
  }

  /// The first word of an object with an index and a version. The other words follow from it.
  func key(_ index: Int, _ version: UInt64) -> UInt64 {
    var numbers = Numbers(
      seed: seed &* 1_000_003 &+ UInt64(truncatingIfNeeded: index) &* 8191 &+ version)
    _ = numbers.next()
    return numbers.next()
  }

  func length(_ key: UInt64) -> Int {
    // Most objects are small, and some have the largest size.
    let range = key & 0x300 == 0 ? limit : limit / 3
    return key & 0xF000 == 0
      ? Int(truncatingIfNeeded: limit) : 1 &+ Int(truncatingIfNeeded: (key &>> 16) % max(range, 1))
  }

  func run() {
    do throws(Errno) { try work() } catch {
      _ = tally.value.errors.wrappingAdd(1, ordering: .relaxed)
    }
    tally.value.ended.complete()
  }

  private func work() throws(Errno) {
    var numbers = Numbers(seed: seed)
    var table = try ObjectTable(in: pool, capacity: Self.capacity)
    // The version of each object, or 0 if there is no object.
    var versions = try VirtualMemory(byteCount: Self.capacity &* 8)
    var bytes = try Pages<1>(.kernel)
    var back = try Pages<1>(.kernel)
    var version: UInt64 = 0
    var round = 0
    while round < rounds {
      let index = numbers.next(below: UInt64(truncatingIfNeeded: Self.capacity))
      switch numbers.next(below: 8) {
      case 0, 1, 2:
        version &+= 1
        let key = key(index, version)
        let length = length(key)
        try bytes.withMutableBytes { bytes throws(Errno) in
          var place = 0
          while place < length {
            try bytes.store(key &+ UInt64(truncatingIfNeeded: place), at: place)
            place &+= 8
          }
        }
        let outcome: Errno? = bytes.withBytes { bytes in
          do throws(Errno) {
            try table.store(bytes.extracting(first: length), at: index, .kernel)
            return nil
          } catch { return error }
        }
        if let outcome { throw outcome }
        try versions.withMutableBytes { bytes throws(Errno) in
          try bytes.store(version, at: index &* 8)
        }
        _ = tally.value.stored.wrappingAdd(1, ordering: .relaxed)
      case 3:
        let there = try versions.withBytes { bytes throws(Errno) in
          try bytes.load(as: UInt64.self, at: index &* 8)
        }
        if table.remove(at: index) != (there != 0) { report(index) }
        try versions.withMutableBytes { bytes throws(Errno) in
          try bytes.store(UInt64(0), at: index &* 8)
        }
      default:
        try verify(table, versions, index, &back)
      }
      round &+= 1
    }
    var index = 0
    while index < Self.capacity {
      try verify(table, versions, index, &back)
      index &+= 1
    }
  }

  private func report(_ index: Int) { _ = tally.value.wrong.wrappingAdd(1, ordering: .relaxed) }

  private func verify(
    _ table: borrowing ObjectTable<Store>, _ versions: borrowing VirtualMemory, _ index: Int,
    _ back: inout Pages<1>
  ) throws(Errno) {
    let version = try versions.withBytes { bytes throws(Errno) in
      try bytes.load(as: UInt64.self, at: index &* 8)
    }
    let found = try back.withMutableBytes { bytes throws(Errno) in
      try table.read(at: index, into: bytes)
    }
    guard version != 0 else {
      if found != nil { report(index) }
      return
    }
    let key = key(index, version)
    let length = length(key)
    guard found == length else {
      report(index)
      return
    }
    let right = try back.withBytes { bytes throws(Errno) in
      var place = 0
      while place &+ 8 <= length {
        if try bytes.load(as: UInt64.self, at: place) != key &+ UInt64(truncatingIfNeeded: place) {
          return false
        }
        place &+= 8
      }
      let word = key &+ UInt64(truncatingIfNeeded: place)
      while place < length {
        let shift = UInt64(truncatingIfNeeded: (place % 8) &* 8)
        if bytes.byte(at: place) != UInt8(truncatingIfNeeded: word &>> shift) { return false }
        place &+= 1
      }
      return true
    }
    if !right { report(index) }
    _ = tally.value.verified.wrappingAdd(1, ordering: .relaxed)
  }
}

@ThreadHandler
struct DirectBuddies: ThreadHandler, ~Copyable {
  let worker: Worker<DirectStore<Buddies>>
  func run(_ thread: borrowing ThreadContext) { worker.run() }
}

@ThreadHandler
struct RegisteredBuddies: ThreadHandler, ~Copyable {
  let worker: Worker<RegisteredStore<Buddies>>
  func run(_ thread: borrowing ThreadContext) { worker.run() }
}

@ThreadHandler
struct DirectSlabs: ThreadHandler, ~Copyable {
  let worker: Worker<DirectStore<SlotSlabs>>
  func run(_ thread: borrowing ThreadContext) { worker.run() }
}

@ThreadHandler
struct RegisteredSlabs: ThreadHandler, ~Copyable {
  let worker: Worker<RegisteredStore<SlotSlabs>>
  func run(_ thread: borrowing ThreadContext) { worker.run() }
}

@ThreadHandler
struct KernelObjects: ThreadHandler, ~Copyable {
  let worker: Worker<KernelStore>
  func run(_ thread: borrowing ThreadContext) { worker.run() }
}

@ThreadHandler
struct PeerObjects: ThreadHandler, ~Copyable {
  let worker: Worker<PeerStore>
  func run(_ thread: borrowing ThreadContext) { worker.run() }
}

/// Whether a pool soon has no page. z3fold frees its pages later.
func isEmptySoon<Store: ObjectStore & ~Copyable>(_ pool: borrowing Pool<Store>) -> Bool {
  var tries = 0
  while pool.pageCount != 0, tries < 200 {
    sleep(for: .milliseconds(10))
    tries &+= 1
  }
  return pool.pageCount == 0
}

/// Runs three threads on one pool, which must be empty afterwards.
func testModel<Store: ObjectStore & ~Copyable, Handler: ThreadHandler & ~Copyable>(
  _ run: inout TestRun, _ name: StaticCString, limit: UInt64 = Worker<Store>.maximum,
  pool make: () throws(Errno) -> Pool<Store>,
  handler: (consuming Worker<Store>) -> Handler
) {
  run.test(name) { checks throws(Errno) in
    let tally = try Shared(try Tally(), .kernel)
    let pool = try make()
    let rounds = PoolTest.rounds
    do {
      let first = try KernelThread(
        "apus_pool", handler(Worker(pool, tally, seed: 11, rounds: rounds, limit: limit)))
      let second = try KernelThread(
        "apus_pool", handler(Worker(pool, tally, seed: 22, rounds: rounds, limit: limit)))
      let third = try KernelThread(
        "apus_pool", handler(Worker(pool, tally, seed: 33, rounds: rounds, limit: limit)))
      tally.value.ended.wait()
      tally.value.ended.wait()
      tally.value.ended.wait()
      _ = consume third
      _ = consume second
      _ = consume first
    }
    let (stored, verified) = (
      tally.value.stored.load(ordering: .relaxed), tally.value.verified.load(ordering: .relaxed)
    )
    log(
      .info,
      "# \(name): \(stored) objects stored, \(verified) read back, \(pool.pageCount) pages left")
    checks.expect(tally.value.errors.load(ordering: .relaxed) == 0, "no thread failed")
    checks.expect(
      tally.value.wrong.load(ordering: .relaxed) == 0, "each object reads back as it was written")
    checks.expect(
      stored > rounds && verified > rounds / 2, "the threads stored and read enough objects")
    checks.expect(isEmptySoon(pool), "no page is left when all objects are freed")
  }
}

func testModels(_ run: inout TestRun) {
  testModel(
    &run, "apus_zbud behaves like the model", limit: 3900,
    pool: { () throws(Errno) in try Pool(DirectStore(try Buddies(.kernel)), .kernel) },
    handler: { DirectBuddies(worker: $0) })
  testModel(
    &run, "apus_zbud, registered as a zpool driver, behaves like the model", limit: 3900,
    pool: { () throws(Errno) in
      try Pool(RegisteredStore(try ZpoolRegistration(Buddies.self)), .kernel)
    },
    handler: { RegisteredBuddies(worker: $0) })
  testModel(
    &run, "apus_zblock behaves like the model",
    pool: { () throws(Errno) in try Pool(DirectStore(try SlotSlabs(.kernel)), .kernel) },
    handler: { DirectSlabs(worker: $0) })
  testModel(
    &run, "apus_zblock, registered as a zpool driver, behaves like the model",
    pool: { () throws(Errno) in
      try Pool(RegisteredStore(try ZpoolRegistration(SlotSlabs.self)), .kernel)
    },
    handler: { RegisteredSlabs(worker: $0) })
  testModel(
    &run, "the kernel's zsmalloc behaves like the model",
    pool: { () throws(Errno) in try Pool(KernelStore("apus_pool_model"), .kernel) },
    handler: { KernelObjects(worker: $0) })
  guard PoolTest.peers else { return }
  testModel(
    &run, "the kernel's zbud behaves like the model", limit: 3900,
    pool: { () throws(Errno) in try Pool(PeerStore("zbud"), .kernel) },
    handler: { PeerObjects(worker: $0) })
  testModel(
    &run, "the kernel's z3fold behaves like the model",
    pool: { () throws(Errno) in try Pool(PeerStore("z3fold"), .kernel) },
    handler: { PeerObjects(worker: $0) })
}
