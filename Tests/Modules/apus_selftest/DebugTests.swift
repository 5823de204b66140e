// SPDX-License-Identifier: GPL-2.0-only
// apus_selftest: debugfs files that Tests/VM/kernel/debugfs.sh reads.

import Kernel
import Synchronization

/// /sys/kernel/debug/apus_selftest, and the counts of how its files are read.
struct DebugProbe: ~Copyable {
  let counts: Shared<DebugCounts>
  let counters: DebugFile<CounterReport>
  let lines: DebugFile<LineReport>
  let error: DebugFile<ErrorReport>
  /// The file exists until the command `debug_remove`.
  var slow: DebugFile<SlowReport>?
  /// Keeps its directory, which has no other owner.
  let nested: DebugFile<CounterReport>

  init() throws(Errno) {
    let reads = try PerCPUCounter(0, .kernel)
    let counts = try Shared(DebugCounts(reads: reads), .kernel)
    let directory = try DebugDirectory("apus_selftest")
    let inner = try DebugDirectory("inner", in: directory)
    let counters = try DebugFile("counters", in: directory, CounterReport(counts: counts.share()))
    let lines = try DebugFile("lines", in: directory, LineReport(counts: counts.share()))
    let error = try DebugFile("error", in: directory, ErrorReport())
    let slow = try DebugFile("slow", in: directory, SlowReport(counts: counts.share()))
    let nested = try DebugFile("nested", in: inner, CounterReport(counts: counts.share()))
    self.counts = counts
    self.counters = counters
    self.lines = lines
    self.error = error
    self.slow = consume slow
    self.nested = nested
  }

  /// Removes a file that a process may be reading.
  mutating func remove() throws(Errno) {
    guard slow != nil else { throw .noSuchFileOrDirectory }
    slow = nil
    // Every read that had begun is complete now.
    if counts.value.slowBegun.load(ordering: .relaxed)
      != counts.value.slowEnded.load(ordering: .relaxed)
    {
      throw .ioError
    }
  }
}

struct DebugCounts: ~Copyable, Sendable {
  let reads: PerCPUCounter
  let lineCalls = Atomic<Int>(0)
  let slowBegun = Atomic<Int>(0)
  let slowEnded = Atomic<Int>(0)

  init(reads: consuming PerCPUCounter) { self.reads = reads }
}

@DebugReport
struct CounterReport: DebugReport, ~Copyable {
  let counts: Shared<DebugCounts>

  func write(to writer: inout TextWriter) throws(Errno) {
    counts.value.reads.add(1)
    writer.appendLine("reads", counts.value.reads.sum)
    writer.appendLine("line_calls", counts.value.lineCalls.load(ordering: .relaxed))
    writer.appendLine("slow_begun", counts.value.slowBegun.load(ordering: .relaxed))
  }
}

/// More than a page of text, so that the library calls `write` more than once.
@DebugReport
struct LineReport: DebugReport, ~Copyable {
  let counts: Shared<DebugCounts>

  func write(to writer: inout TextWriter) throws(Errno) {
    counts.value.lineCalls.wrappingAdd(1, ordering: .relaxed)
    var line = 0
    while line < 2000 {
      writer.appendLine("line", line)
      line &+= 1
    }
  }
}

@DebugReport
struct ErrorReport: DebugReport, ~Copyable {
  func write(to writer: inout TextWriter) throws(Errno) {
    writer.append("nobody reads this")
    throw .noSpaceLeft
  }
}

@DebugReport
struct SlowReport: DebugReport, ~Copyable {
  let counts: Shared<DebugCounts>

  func write(to writer: inout TextWriter) throws(Errno) {
    counts.value.slowBegun.wrappingAdd(1, ordering: .relaxed)
    sleep(for: .seconds(2))
    writer.append("slow\n")
    counts.value.slowEnded.wrappingAdd(1, ordering: .relaxed)
  }
}
