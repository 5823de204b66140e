// SPDX-License-Identifier: GPL-2.0-only
// Tests of a script's header.

import Testing

@testable import ApusSupport

@Suite struct ScriptHeaderTests {
  @Test("all words are read, over several lines")
  func all() throws {
    let header = try ScriptHeader(
      parsing: """
        #!/bin/bash
        # SPDX-License-Identifier: GPL-2.0-only
        # apus: memory=2048 cpus=4 timeout=600 files=a,b kernels=6.1,6.12
        # apus: suite=vm dropin icount silence=20 survive-oops model=Westmere-v1
        # differs: who evicts

        echo
        # apus: nonsense
        """, named: "x.sh")
    var expected = ScriptHeader()
    expected.memory = 2048
    expected.cpus = 4
    expected.timeout = 600
    expected.files = ["a", "b"]
    expected.model = "Westmere-v1"
    expected.kernels = ["6.1", "6.12"]
    expected.suites = ["vm"]
    expected.usesDropins = true
    expected.countsInstructions = true
    expected.silence = 20
    expected.survivesOops = true
    expected.difference = "who evicts"
    #expect(header == expected)
  }

  @Test(
    "a word that means nothing is refused",
    arguments: [
      "memroy=1", "memory=x", "cpus=0", "dropin=1", "files=", "timeout", "model=", "silence=0",
      "run",
    ])
  func wrong(word: String) {
    #expect(throws: Failure.self) { try ScriptHeader(parsing: "# apus: \(word)\n", named: "x.sh") }
  }

  @Test("a difference that is not named is refused")
  func noDifference() {
    #expect(throws: Failure.self) { try ScriptHeader(parsing: "# differs: \n", named: "x.sh") }
  }

  @Test("without a word of it a script runs everywhere")
  func everywhere() throws {
    let header = try ScriptHeader(parsing: "echo\n", named: "x.sh")
    #expect(header.runs(in: "vm", on: "6.1"))
    #expect(header.runs(in: "debug", on: "debug"))
  }

  @Test("kernels and suites narrow it")
  func narrowed() throws {
    let header = try ScriptHeader(parsing: "# apus: kernels=6.12 suite=vm\n", named: "x.sh")
    #expect(header.runs(in: "vm", on: "6.12"))
    #expect(!header.runs(in: "vm", on: "6.1"))
    #expect(!header.runs(in: "debug", on: "debug"))
    #expect(
      try ScriptHeader(parsing: "# apus: suite=debug\n", named: "x.sh").runs(
        in: "debug", on: "debug"))
  }

  @Test("the scripts in the folders of Tests/VM are found, and those that others source are not")
  func scripts() {
    let root = #filePath.split(separator: "/").dropLast(4).map { "/\($0)" }.joined()
    let found = TestRunner.virtualMachineScripts(in: "\(root)/Tests/VM")
    let names = found.map(\.script)
    #expect(names == names.sorted())
    #expect(Set(names).count == names.count)
    #expect(names.contains("machine.sh"))
    #expect(found.contains { $0.path == "\(root)/Tests/VM/dm/dm-hooks.sh" })
    #expect(!names.contains("lib.sh") && !names.contains("dm-lib.sh"))
  }
}
