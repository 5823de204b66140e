// SPDX-License-Identifier: GPL-2.0-only
// apus_pool_test: measures the cost of an allocation, a write, a read and a free. Where guest time
// counts instructions (ICOUNT=1), a nanosecond is one instruction.

import PoolDoubles
import Zpool

/// The least time of each operation over several rounds, so that a round with an interrupt does not
/// count.
private struct Least {
  var allocating = Int64.max
  var writing = Int64.max
  var reading = Int64.max
  var freeing = Int64.max
}

/// The size of the objects that are written and read, in bytes.
private let smallest = 64

/// Allocates objects, writes and reads small ones, frees them, and reports the time that one
/// operation takes. Freed objects of the same sizes have left a hole for each allocation. Each
/// slab still has an object, and each hole is large enough for any of the objects, so no page is
/// allocated meanwhile.
private func measure<Store: ObjectStore & ~Copyable>(
  _ writer: inout TextWriter, _ name: StaticCString, _ pool: borrowing Pool<Store>
) throws(Errno) {
  let count = 2000
  var kept = try RigidArray<Allocation<Store>>(capacity: count, .kernel)
  var objects = try RigidArray<Allocation<Store>>(capacity: count, .kernel)
  var small = try RigidArray<Allocation<Store>>(capacity: count, .kernel)
  var page = try Page(.kernel | .zeroed)
  var numbers = Numbers(seed: 77)
  while !objects.isFull {
    let size = size(numbers.next())
    try kept.append(try pool.allocate(size, .kernel))
    try objects.append(try pool.allocate(size, .kernel))
  }
  while !small.isFull { try small.append(try pool.allocate(smallest, .kernel)) }
  while let object = objects.popLast() { _ = consume object }
  var least = Least()
  var round = 0
  while round < 5 {
    numbers = Numbers(seed: 77)
    let first = Instant.now
    while !objects.isFull { try objects.append(try pool.allocate(size(numbers.next()), .kernel)) }
    least.allocating = min(least.allocating, first.elapsed.count)
    let second = Instant.now
    var index = 0
    while index < count {
      let failure: Errno?? = page.withBytes { bytes in
        small.withMutableElement(at: index) { object in
          outcome { () throws(Errno) in try object.write(bytes.extracting(first: smallest)) }
        }
      }
      if let failure, let error = failure { throw error }
      index &+= 1
    }
    least.writing = min(least.writing, second.elapsed.count)
    let third = Instant.now
    index = 0
    while index < count {
      let failure: Errno?? = page.withMutableBytes { bytes in
        small.withElement(at: index) { object in
          outcome { () throws(Errno) in try object.read(into: bytes) }
        }
      }
      if let failure, let error = failure { throw error }
      index &+= 1
    }
    least.reading = min(least.reading, third.elapsed.count)
    let fourth = Instant.now
    while let object = objects.popLast() { _ = consume object }
    least.freeing = min(least.freeing, fourth.elapsed.count)
    round &+= 1
  }
  writer.append(name)
  writer.append(": allocate ")
  writer.append(least.allocating / Int64(count))
  writer.append(", write ")
  writer.append(least.writing / Int64(count))
  writer.append(", read ")
  writer.append(least.reading / Int64(count))
  writer.append(", free ")
  writer.append(least.freeing / Int64(count))
  writer.append("\n")
}

private func size(_ number: UInt64) -> Int {
  300 &+ Int(truncatingIfNeeded: (number &>> 20) % 1600)
}

func writeCosts(to writer: inout TextWriter) {
  do throws(Errno) {
    try measure(
      &writer, "apus_zbud", try Pool(RegisteredStore(try ZpoolRegistration(Buddies.self)), .kernel))
    try measure(
      &writer, "apus_zblock",
      try Pool(RegisteredStore(try ZpoolRegistration(SlotSlabs.self)), .kernel))
    if PoolTest.peers {
      try measure(&writer, "zbud", try Pool(PeerStore("zbud"), .kernel))
      try measure(&writer, "z3fold", try Pool(PeerStore("z3fold"), .kernel))
    }
    try measure(&writer, "zsmalloc", try Pool(KernelStore("apus_pool_cost"), .kernel))
  } catch {
    writer.append("failed\n")
  }
}
