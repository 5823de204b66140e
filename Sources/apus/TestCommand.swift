// SPDX-License-Identifier: GPL-2.0-only
// `apus test`: runs suites, and ends with `N passed, N failed`.

import ApusSupport
import ArgumentParser

struct TestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run the tests; the last line is 'N passed, N failed'.")

  @Option(
    name: .customLong("kernel"),
    help:
      "A kernel to run everything on (default: the first in kbuild/kernels, and on the others the scripts that differ there); may be repeated."
  )
  var kernels: [String] = []
  @Option(name: .customLong("suite"), help: "A suite to run (default: all); may be repeated.")
  var suites: [Suite] = []

  @Flag(name: .customLong("everywhere"), help: "Run everything on every kernel.")
  var everywhere = false

  func run() async throws {
    try await Apus.perform { layout in
      let plan = try TestPlan(
        suites: suites, kernels: kernels, everywhere: everywhere, list: layout.kernels())
      var runner = TestRunner(layout: layout)
      try await runner.run(plan)
      return runner.tally.finish()
    }
  }
}

extension Suite: ExpressibleByArgument {}
