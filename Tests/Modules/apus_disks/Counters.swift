// SPDX-License-Identifier: GPL-2.0-only
// apus_disks: how often each operation of a disk was called.

import BlockMQ
import Kernel
import Synchronization

/// Counts that outlive the driver.
struct Counters: ~Copyable, Sendable {
  let opened = Atomic<Int>(0)
  let openedToWrite = Atomic<Int>(0)
  let openedExclusively = Atomic<Int>(0)
  let released = Atomic<Int>(0)
  let underWay = Atomic<Int>(0)
  /// How many calls were under way when the driver ended; less than 0 until it has.
  let endedUnder = Atomic<Int>(-1)
  /// How many disks nobody has any more; a thousand for each whose driver had not ended before.
  let dataEnded = Atomic<Int>(0)
  let slotsFreed = Atomic<Int>(0)
  /// Those that lie outside the partition with the swap area.
  let slotsElsewhere = Atomic<Int>(0)
  let checked = Atomic<Int>(0)
  let atomicWrites = Atomic<Int>(0)
  /// Where the last append went, and how it ended.
  let appended = Atomic<Int>(-1)
  let appendError = Atomic<Int>(0)

  borrowing func report(_ writer: inout TextWriter) {
    line("opened", opened, &writer)
    line("opened_to_write", openedToWrite, &writer)
    line("opened_exclusively", openedExclusively, &writer)
    line("released", released, &writer)
    line("under_way", underWay, &writer)
    line("ended_under", endedUnder, &writer)
    line("data_ended", dataEnded, &writer)
    line("slots_freed", slotsFreed, &writer)
    line("slots_elsewhere", slotsElsewhere, &writer)
    line("checked", checked, &writer)
    line("atomic_writes", atomicWrites, &writer)
    line("appended", appended, &writer)
    line("append_error", appendError, &writer)
  }

  borrowing func line(_ name: Literal, _ count: borrowing Atomic<Int>, _ writer: inout TextWriter) {
    writer.append(name)
    writer.append(" ")
    writer.append(count.load(ordering: .relaxed))
    writer.append("\n")
  }
}
