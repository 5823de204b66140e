// SPDX-License-Identifier: GPL-2.0-only
// apus_disks: counts the calls of each operation of a disk.

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
  /// How many calls were in progress when the driver ended. Less than 0 until the driver has ended.
  let endedUnder = Atomic<Int>(-1)
  /// How many disks' data has ended. Adds 1000 instead of 1 for a disk whose driver had not ended
  /// before its data.
  let dataEnded = Atomic<Int>(0)
  let slotsFreed = Atomic<Int>(0)
  /// Slots outside the partition that has the swap area.
  let slotsElsewhere = Atomic<Int>(0)
  let checked = Atomic<Int>(0)
  let atomicWrites = Atomic<Int>(0)
  /// The sector of the last append, and its result.
  let appended = Atomic<Int>(-1)
  let appendError = Atomic<Int>(0)
  /// How many appends the driver of apusdisk2 got.
  let submittedAppends = Atomic<Int>(0)

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
    line("submitted_appends", submittedAppends, &writer)
  }

  borrowing func line(
    _ name: StaticCString, _ count: borrowing Atomic<Int>, _ writer: inout TextWriter
  ) {
    writer.append(name)
    writer.append(" ")
    writer.append(count.load(ordering: .relaxed))
    writer.append("\n")
  }
}
