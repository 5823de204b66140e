// SPDX-License-Identifier: GPL-2.0-only
// `apus run`: runs every driver in a virtual machine, and prints a table of claims and
// observations.

import Foundation

/// One run of the scripts that have `run` in their header.
public struct Demonstration: Sendable {
  private struct Row {
    let claim: String
    let seen: String
    let holds: Bool
  }

  let layout: Layout
  let kernel: String

  /// A run on a kernel, with the modules that `layout` has for it.
  public init(kernel: String, layout: Layout) {
    self.kernel = kernel
    self.layout = layout
  }

  /// Runs all these scripts. Returns 0 if every claim held.
  public func run() async throws -> Int32 {
    let folder = "\(layout.root)/Tests/VM"
    var rows: [Row] = []
    for (script, path) in TestRunner.virtualMachineScripts(in: folder) {
      let header = try ScriptHeader(
        parsing: String(contentsOfFile: path, encoding: .utf8), named: script)
      guard header.isShown, header.kernels.isEmpty || header.kernels.contains(kernel) else {
        continue
      }
      Terminal.line("==== \(script.dropLast(3)) on \(kernel) ====")
      let output = Bytes()
      let outcome = try await TestRunner.boot(path, header, kernel, layout) { bytes in
        output.append(bytes)
        Terminal.write(bytes)
      }
      try TestRunner.keep(outcome, output, of: script, on: kernel, layout)
      let lines = TestLineParser.parse(output.text)
      for line in lines {
        switch line.verdict {
        case .passed: rows.append(Row(claim: line.promise, seen: line.seen, holds: true))
        case .failed: rows.append(Row(claim: line.promise, seen: line.seen, holds: false))
        case .skipped: break
        }
      }
      if let complaint = outcome.complaint { Terminal.complain(complaint) }
      if outcome.status != 0 || lines.isEmpty {
        let reason =
          outcome.status == 0 ? "it printed no result" : "it ended with status \(outcome.status)"
        rows.append(Row(claim: "\(script.dropLast(3)) runs to its end", seen: reason, holds: false))
      }
      Terminal.line("")
    }
    guard !rows.isEmpty else { throw Failure("no script in Tests/VM has 'run' in its header") }
    Terminal.line(Self.table(rows, kernel))
    let failed = rows.count { !$0.holds }
    Terminal.line(
      failed == 0
        ? "All \(rows.count) claims held." : "\(failed) of \(rows.count) claims did not hold.")
    return failed == 0 ? 0 : 1
  }

  private static func table(_ rows: [Row], _ kernel: String) -> String {
    let cells =
      [["", "claim", "what was seen", "kernel"]]
      + rows.map { [$0.holds ? "yes" : "NO", $0.claim, $0.seen, kernel] }
    let widths = (0..<4).map { column in cells.map { $0[column].count }.max() ?? 0 }
    var lines = cells.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(
        separator: " | ")
    }
    lines.insert(widths.map { String(repeating: "-", count: $0) }.joined(separator: "-+-"), at: 1)
    return lines.joined(separator: "\n")
  }
}
