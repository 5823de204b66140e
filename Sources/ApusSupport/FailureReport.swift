// SPDX-License-Identifier: GPL-2.0-only
// What `make test` prints at its end about a script that failed.

/// The failures of one script or program, with what a person needs to look further.
public struct FailureReport: Equatable, Sendable {
  /// How many lines of output a report shows after a result that failed, or at the end.
  static let length = 60

  /// The name of the script, such as "vm/6.12/dm-basic".
  public var name: String
  /// Each failure: its full name, and what was seen.
  public var failures: [String]
  /// What was printed about them: the results that failed with the lines below each, the end of
  /// the output, or the kernel's complaint.
  public var details: [String] = []
  /// The files that have all of the output.
  public var logs: [String] = []
  /// The command that runs just this again.
  public var command: String

  /// A report without details.
  public init(name: String, failures: [String], logs: [String] = [], command: String) {
    self.name = name
    self.failures = failures
    self.logs = logs
    self.command = command
  }

  /// The lines to print.
  func lines(in style: TerminalStyle) -> [String] {
    failures.map { style.bad("FAILED  ") + $0 } + details.map { "  " + $0 }
      + logs.map { "  log:   \($0)" } + ["  again: \(command)"]
  }

  /// The results in the output that failed, each with the lines until the next result.
  ///
  /// Such lines say what the result's own line has no place for. A result of a nested group counts
  /// as any other.
  static func excerpts(of output: String, length: Int = Self.length) -> [String] {
    var found: [String] = []
    var left = 0
    for line in KernelLogScan.split(output) {
      let text = line.drop(while: \.isWhitespace)
      if text.hasPrefix("not ok ") {
        found.append(line)
        left = length
      } else if text.hasPrefix("ok ") {
        left = 0
      } else if left > 0 {
        left -= 1
        found.append(left > 0 ? line : "… (more in the log)")
      }
    }
    return found
  }

  /// The end of the output.
  static func end(of output: String, length: Int = Self.length) -> [String] {
    let all = KernelLogScan.split(output)
    return all.isEmpty
      ? ["(it printed nothing)"]
      : (all.count > length ? ["… (the last \(length) lines of \(all.count))"] : [])
        + all.suffix(length)
  }
}
