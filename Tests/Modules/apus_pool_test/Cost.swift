// SPDX-License-Identifier: GPL-2.0-only
// apus_pool_test: what an allocation and a free cost. Where guest time counts instructions (ICOUNT=1), a nanosecond is one.

import Zpool

/// Allocates objects of zswap's sizes into the holes that as many of the same sizes have left, and frees them; and writes how long one took each.
/// Each block keeps an object, so that no page is allocated meanwhile.
private func measure<Store: ObjectStore & ~Copyable>(
  _ writer: inout TextWriter, _ name: Literal, _ pool: borrowing Pool<Store>
) throws(Errno) {
  let count = 2000
  var kept = try RigidArray<Allocation<Store>>(capacity: count, .kernel)
  var objects = try RigidArray<Allocation<Store>>(capacity: count, .kernel)
  var numbers = Numbers(seed: 77)
  while !objects.isFull {
    let size = size(numbers.next())
    try kept.append(try pool.allocate(size, .kernel))
    try objects.append(try pool.allocate(size, .kernel))
  }
  while let object = objects.popLast() { _ = consume object }
  let before = pool.pageCount
  numbers = Numbers(seed: 77)
  let start = Instant.now
  while !objects.isFull { try objects.append(try pool.allocate(size(numbers.next()), .kernel)) }
  let allocating = start.elapsed
  let after = pool.pageCount
  let middle = Instant.now
  while let object = objects.popLast() { _ = consume object }
  let freeing = middle.elapsed
  writer.append(name)
  writer.append(": allocate ")
  writer.append(allocating.count / Int64(count))
  writer.append(", free ")
  writer.append(freeing.count / Int64(count))
  writer.append(", pages ")
  writer.append(before)
  writer.append(" to ")
  writer.append(after)
  writer.append("\n")
}

private func size(_ number: UInt64) -> Int { 300 &+ Int(truncatingIfNeeded: (number &>> 20) % 2700) }

func writeCosts(to writer: inout TextWriter) {
  do throws(Errno) {
    try measure(&writer, "apus_zbud", try Pool(RegisteredStore(try ZpoolRegistration(Buddies.self)), .kernel))
    try measure(&writer, "apus_zblock", try Pool(RegisteredStore(try ZpoolRegistration(SlotBlocks.self)), .kernel))
    try measure(&writer, "zsmalloc", try Pool(KernelStore("apus_pool_cost"), .kernel))
  } catch {
    writer.append("failed\n")
  }
}
