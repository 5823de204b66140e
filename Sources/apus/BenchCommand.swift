// SPDX-License-Identifier: GPL-2.0-only
// `apus bench`: measures what C and Swift need for the same operations, and compares.

import ApusSupport
import ArgumentParser

struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Count the instructions of C and Swift side by side.",
    discussion: """
      Prints a table, and writes build/bench/results.json and build/bench/report.html. Two machines run concurrently, and \
      the table says whether they agree.
      """)

  @Option(help: "The kernel, a name in kbuild/kernels.") var kernel = "6.12"
  @Option(help: "A results.json of an earlier run: prints what has changed since.")
  var compare: String?
  @Flag(
    help:
      "Write Tests/Bench/recorded, which the suite 'bench' compares with, and the tables of the documentation."
  )
  var record = false

  func run() async throws {
    try await Apus.perform { layout in
      // The old file is read first: it may be the one that is written.
      let old = try compare.map { try BenchResults(contentsOf: $0) }
      let run = BenchRun(kernel: kernel, layout: layout)
      let results = try await run.run()
      Terminal.line(BenchTable.text(results))
      try run.write(results)
      if let old {
        Terminal.line("")
        Terminal.line(BenchComparison(from: old, to: results).text)
      }
      if record { try run.record(results) }
      return 0
    }
  }
}
