// SPDX-License-Identifier: GPL-2.0-only
// apus_pool_test: tests the allocators against a model, directly and through the structure that
// they register, and the kernel's allocators for comparison. Loading the module runs the tests. The
// log has their KTAP output.

import Zpool

@KernelModule(
  author: "The Apus authors", description: "Tests of Apus's allocators", version: "0.1.0")
struct PoolTest: KernelModule, ~Copyable {
  @Parameter("rounds", "How often each thread of the model test does something", in: 1...10_000_000)
  static var rounds: Int = 20_000

  @Parameter(
    "peers",
    "Test the kernel's zbud and z3fold as well: the modules apus_peer_zbud and apus_peer_z3fold")
  static var peers: Bool = false

  @Parameter("tests", "Run the tests")
  static var tests: Bool = true

  @Parameter(
    "address", "Where the process has pages to compress", in: Int.min...Int.max, writable: true)
  static var address: Int = 0

  @Parameter("count", "How many pages they are", in: 1...512, writable: true)
  static var count: Int = 1

  var trace: HeapBox<Trace>
  var recorder: Recorder
  var offered: ZpoolRegistration<Odd>?

  @Command("offer", "Write 1 for zswap to be able to use apus_odd, and 0 for it not to be")
  mutating func offer(_ text: borrowing CString) throws(Errno) {
    offered = text.byte(at: 0) == 0x31 ? try ZpoolRegistration(Odd.self) : nil
  }

  @Command("compress", "Write lzo, lz4 or zstd: compresses the process's pages")
  mutating func compress(_ text: borrowing CString) throws(Errno) {
    try recorder.record(text, at: UInt(bitPattern: PoolTest.address), pages: PoolTest.count)
  }

  @Report("compressed", "The sizes that the pages were compressed to")
  borrowing func compressed(_ writer: inout TextWriter) { recorder.write(to: &writer) }

  /// Takes sizes in bytes, as many as fit into a write. Makes an object of each size in each kind
  /// of pool.
  @Command(
    "sizes",
    "Write sizes in bytes, separated by spaces: an object of each is made in each kind of pool")
  mutating func sizes(_ text: borrowing CString) throws(Errno) { try trace.value.add(text) }

  @Command("again", "Write anything: an object of each size that was written is made once more")
  mutating func again(_ text: borrowing CString) throws(Errno) {
    try trace.value.again(alone: false)
  }

  @Command("alone", "Write anything: the same in apus_zblock alone")
  mutating func alone(_ text: borrowing CString) throws(Errno) {
    try trace.value.again(alone: true)
  }

  @Command("thin", "Write anything: half of the objects are freed, at random")
  mutating func thin(_ text: borrowing CString) throws(Errno) { trace.value.thin() }

  @Command("reset", "Write anything: all of the objects are freed")
  mutating func reset(_ text: borrowing CString) throws(Errno) { trace = try Trace.boxed() }

  @Report("pages", "Stored bytes, and the bytes that each kind of pool takes for them")
  borrowing func pages(_ writer: inout TextWriter) { trace.value.write(to: &writer) }

  @Report(
    "cost",
    "Nanoseconds that an allocation, a write and a read of 64 bytes, and a free take, in each kind of pool"
  )
  borrowing func cost(_ writer: inout TextWriter) { writeCosts(to: &writer) }

  init() throws(Errno) {
    let trace = try Trace.boxed()
    let recorder = try Recorder()
    if PoolTest.tests { PoolTest.runTests() }
    self.trace = trace
    self.recorder = recorder
  }

  @inline(never)
  private static func runTests() {
    var run = TestRun()
    testAllocations(&run)
    testErrors(&run)
    testSlabs(&run)
    testModels(&run)
    run.finish()
  }
}
