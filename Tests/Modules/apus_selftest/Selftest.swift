// SPDX-License-Identifier: GPL-2.0-only
// apus_selftest: tests of the library modules inside a kernel. Loading the module runs them. The
// log has their KTAP output. Add a test to the file of its subject. For a new subject, add a file
// with a function like the others, and call it in `init` below.

import Kernel
import Synchronization

@KernelModule(
  author: "The Apus authors", description: "Tests of Apus's library modules", version: "0.1.0")
struct Selftest: KernelModule, ~Copyable {
  @Parameter("boolean", "A parameter to test parameters with", writable: true)
  static var boolean: Bool = false

  @Parameter("number", "A parameter to test parameters with", in: -5...5, writable: true)
  static var number: Int = 3

  @Parameter("least", "Where the range of another parameter begins", in: 0...9)
  static var least: Int = 1

  @Parameter(
    "between", "A parameter whose range is known at run time only", in: Selftest.least...7,
    writable: true)
  static var between: Int = 3

  @Parameter("text", "A parameter to test parameters with")
  static var text: ParameterString = ParameterString()

  @Parameter("fault", "How often things of configfs fail: interval,probability,space,times")
  static var fault: ParameterString = ParameterString()

  @Parameter(
    "user_address", "Where the process has memory to copy", in: Int.min...Int.max, writable: true)
  static var userAddress: Int = 0

  @Parameter("user_length", "How many bytes it is", in: Int.min...Int.max, writable: true)
  static var userLength: Int = 0

  var probe: UserMemoryProbe
  let configuration: ConfigfsSubsystem<ConfiguredThing>
  var debug: DebugProbe

  @Command("debug_remove", "Write anything: removes a file of debugfs")
  mutating func debugRemove(_ text: borrowing CString) throws(Errno) { try debug.remove() }

  @Command("debug_again", "Write anything: makes a directory of debugfs that already exists")
  mutating func debugAgain(_ text: borrowing CString) throws(Errno) {
    _ = try DebugDirectory("apus_selftest")
  }

  @Command("user_read", "Write anything: copies from the process's memory")
  mutating func userRead(_ text: borrowing CString) throws(Errno) {
    let address = UInt(bitPattern: Selftest.userAddress)
    try text.withUserMemory(at: address, byteCount: Selftest.userLength) { memory throws(Errno) in
      try probe.read(memory)
    }
  }

  @Command("user_write", "Write anything: copies to the process's memory")
  mutating func userWrite(_ text: borrowing CString) throws(Errno) {
    let address = UInt(bitPattern: Selftest.userAddress)
    try text.withUserMemory(at: address, byteCount: Selftest.userLength) { memory throws(Errno) in
      try probe.write(memory)
    }
  }

  @Command(
    "again", "Write a subject: its tests run once more, and their error is one of memory or EIO")
  mutating func again(_ text: borrowing CString) throws(Errno) {
    var run = TestRun(quietly: true)
    if text.isLine("errors") { testErrors(&run) }
    if text.isLine("pages") { testPages(&run) }
    if text.isLine("memory") { testMemory(&run) }
    if text.isLine("lists") { testLists(&run) }
    if text.isLine("trees") { testTrees(&run) }
    if text.isLine("completions") { testCompletions(&run) }
    if text.isLine("threads") { testThreads(&run) }
    if text.isLine("locks") { testLocks(&run) }
    if text.isLine("RCU") { testRCU(&run) }
    if text.isLine("timers") { testTimers(&run) }
    if text.isLine("work") { testWork(&run) }
    if text.isLine("compression") { testCompression(&run) }
    try run.check()
  }

  @Report("user", "How the last copy ended")
  borrowing func user(_ writer: inout TextWriter) { probe.report(&writer) }

  init() throws(Errno) {
    let probe = try UserMemoryProbe()
    let alive = try Shared(Atomic<Int>(0), .kernel)
    let configuration = try ConfigfsSubsystem<ConfiguredThing>(
      "apus_selftest", root: try ConfigfsRoot(alive: alive))
    let debug = try DebugProbe()
    var run = TestRun()
    testErrors(&run)
    testPages(&run)
    testMemory(&run)
    testLists(&run)
    testTrees(&run)
    testTime(&run)
    testCompletions(&run)
    testThreads(&run)
    testLocks(&run)
    testRCU(&run)
    testTimers(&run)
    testWork(&run)
    testCompression(&run)
    run.finish()
    self.probe = probe
    self.configuration = configuration
    self.debug = debug
  }
}
