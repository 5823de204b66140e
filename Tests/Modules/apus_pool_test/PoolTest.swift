// SPDX-License-Identifier: GPL-2.0-only
// apus_pool_test: the allocators against a model, directly, by way of the structure that they register, and the kernel's for comparison.
// Loading the module runs the tests; the log has KTAP.

import Zpool

@KernelModule(author: "The Apus authors", description: "Tests of Apus's allocators", version: "0.1.0")
struct PoolTest: KernelModule, ~Copyable {
  @Parameter("rounds", "How often each thread of the model test does something", in: 1...10_000_000)
  static var rounds: Int = 20_000

  var trace: Trace

  /// Write sizes in bytes, as many as there is room for: an object of each is made in each kind of pool.
  @Command("sizes", "Write sizes in bytes, separated by spaces: an object of each is made in each kind of pool")
  mutating func sizes(_ text: borrowing CString) throws(Errno) { try trace.add(text) }

  @Command("thin", "Write anything: half of the objects are freed, at random")
  mutating func thin(_ text: borrowing CString) throws(Errno) { trace.thin() }

  @Command("reset", "Write anything: all of the objects are freed")
  mutating func reset(_ text: borrowing CString) throws(Errno) { trace = try Trace() }

  @Report("pages", "Stored bytes, and the bytes that each kind of pool takes for them")
  borrowing func pages(_ writer: inout TextWriter) { trace.write(to: &writer) }

  init() throws(Errno) {
    let trace = try Trace()
    var run = TestRun()
    testAllocations(&run)
    testErrors(&run)
    testBlocks(&run)
    testModels(&run)
    run.finish()
    self.trace = trace
  }
}
