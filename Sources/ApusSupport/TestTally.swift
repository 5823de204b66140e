// SPDX-License-Identifier: GPL-2.0-only
// Counts results and prints them: in a pipe one line for each, on a terminal one for each script.
// Failures are printed whole at the end.

/// The results so far.
public struct TestTally: Sendable {
  /// The number of tests that passed.
  public private(set) var passed = 0
  /// The number of tests that failed.
  public private(set) var failed = 0
  /// The number of tests that were not run.
  public private(set) var skipped = 0
  private var reports: [FailureReport] = []
  private let style: TerminalStyle
  private let print: @Sendable (String) -> Void

  /// A tally without results, which prints lines by means of `print`.
  public init(
    style: TerminalStyle = .plain, print: @escaping @Sendable (String) -> Void = Terminal.line
  ) {
    self.style = style
    self.print = print
  }

  /// The results of one script or program.
  public struct Part: Sendable {
    /// Its name, such as "vm/6.12/dm-basic".
    public var name: String
    /// Its results.
    public var lines: [TestLine] = []
    /// Failures that no line reports, such as a status.
    public var faults: [String] = []
    /// All of its output.
    public var output = ""
    /// What the kernel complained about, in lines.
    public var complaint: [String] = []
    /// The files that have the output.
    public var logs: [String] = []
    /// The command that runs just this again.
    public var command: String

    /// A part without results.
    public init(_ name: String, command: String) {
      self.name = name
      self.command = command
    }
  }

  /// Counts and prints the results of a part, which took some seconds.
  public mutating func record(_ part: Part, seconds: Double = 0) {
    var failures: [String] = []
    let before = (passed, skipped)
    for line in part.lines {
      let name = "\(part.name)/\(line.promise)"
      let text = line.seen.isEmpty ? name : "\(name): \(line.seen)"
      switch line.verdict {
      case .passed:
        passed += 1
        if !style.isLive { print("ok      \(text)") }
      case .skipped(let reason):
        skipped += 1
        if !style.isLive { print("skipped \(name)\(reason.isEmpty ? "" : ": \(reason)")") }
      case .failed:
        failures.append(text)
        print(style.bad("FAILED  ") + text)
      }
    }
    for fault in part.faults {
      failures.append("\(part.name): \(fault)")
      print(style.bad("FAILED  ") + "\(part.name): \(fault)")
    }
    failed += failures.count
    if failures.isEmpty {
      if style.isLive {
        let skips = skipped - before.1
        print(
          style.good("ok      ") + "\(part.name): \(passed - before.0) passed"
            + (skips > 0 ? ", \(skips) skipped" : "") + ", \(ProgressState.duration(seconds))")
      }
      return
    }
    var report = FailureReport(
      name: part.name, failures: failures, logs: part.logs, command: part.command)
    report.details = FailureReport.excerpts(of: part.output) + part.complaint
    // Without a result that failed, the reason is probably at the end.
    if report.details.isEmpty || !part.faults.isEmpty {
      report.details += FailureReport.end(of: part.output)
    }
    reports.append(report)
  }

  /// Counts a failure of something that did not run.
  public mutating func fail(_ name: String, _ reason: String, command: String) {
    failed += 1
    let text = "\(name): \(reason)"
    print(style.bad("FAILED  ") + text)
    reports.append(FailureReport(name: name, failures: [text], command: command))
  }

  /// Prints the failures, whole, and the closing line. Returns the exit status.
  public func finish() -> Int32 {
    for report in reports {
      print("")
      for line in report.lines(in: style) { print(line) }
    }
    if !reports.isEmpty { print("") }
    if skipped > 0 { print("\(skipped) skipped") }
    if passed + failed == 0 { Terminal.say("no test ran") }
    print("\(passed) passed, \(failed) failed")
    return failed == 0 && passed > 0 ? 0 : 1
  }
}
