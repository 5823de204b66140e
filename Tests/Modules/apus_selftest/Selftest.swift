// SPDX-License-Identifier: GPL-2.0-only
// apus_selftest: tests of the library modules inside a kernel. Loading the module runs them; the log has KTAP.
// Add a test to the file of its subject, or a file with a function like theirs, called in `init` below.

import Kernel

@KernelModule(author: "The Apus authors", description: "Tests of Apus's library modules", version: "0.1.0")
struct Selftest: KernelModule, ~Copyable {
  @Parameter("boolean", "A parameter to test parameters with", writable: true)
  static var boolean: Bool = false

  @Parameter("number", "A parameter to test parameters with", in: -5...5, writable: true)
  static var number: Int = 3

  @Parameter("text", "A parameter to test parameters with")
  static var text: ParameterString = ParameterString()

  init() throws(Errno) {
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
    run.finish()
  }
}
