// SPDX-License-Identifier: GPL-2.0-only
// Counts results and prints each immediately: one line for a success, and also the output for a
// failure.

/// The results so far.
public struct TestTally: Sendable {
  /// The number of tests that passed.
  public private(set) var passed = 0
  /// The number of tests that failed.
  public private(set) var failed = 0
  /// The number of tests that were not run.
  public private(set) var skipped = 0
  private var failures: [String] = []

  /// A tally without results.
  public init() {}

  /// Counts a result under the given name.
  public mutating func record(_ line: TestLine, named name: String) {
    let text = line.seen.isEmpty ? name : "\(name): \(line.seen)"
    switch line.verdict {
    case .passed:
      passed += 1
      Terminal.line("ok      \(text)")
    case .skipped(let reason):
      skipped += 1
      Terminal.line("skipped \(name)\(reason.isEmpty ? "" : ": \(reason)")")
    case .failed:
      failed += 1
      failures.append(text)
      Terminal.line("FAILED  \(text)")
    }
  }

  /// Counts a failure that no line of a test reports.
  public mutating func fail(_ name: String, _ reason: String) {
    record(TestLine(.failed, name, seen: reason), named: name)
  }

  /// Prints the end of the output of a failed test.
  public func show(_ output: String, of name: String, lines: Int = 60) {
    let all = KernelLogScan.split(output)
    Terminal.line(
      "---- the output of \(name)\(all.count > lines ? " (its last \(lines) lines)" : "") ----")
    for line in all.suffix(lines) { Terminal.line("  " + line) }
    Terminal.line("----")
  }

  /// Prints the failures again, and the closing line. Returns the exit status.
  public func finish() -> Int32 {
    if !failures.isEmpty {
      Terminal.line("")
      for failure in failures { Terminal.line("FAILED  \(failure)") }
    }
    if skipped > 0 { Terminal.line("\(skipped) skipped") }
    if passed + failed == 0 { Terminal.say("no test ran") }
    Terminal.line("\(passed) passed, \(failed) failed")
    return failed == 0 && passed > 0 ? 0 : 1
  }
}
