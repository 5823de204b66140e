// SPDX-License-Identifier: GPL-2.0-only
// Tests of what `make test` prints about results, and of its end.

import Testing

@testable import ApusSupport

@Suite struct TestTallyTests {
  private let lines = Bytes()
  private var text: [String] { lines.text.split(separator: "\n").map(String.init) }

  private func tally(_ style: TerminalStyle = .plain) -> TestTally {
    TestTally(style: style) { [lines] in lines.append(Array(($0 + "\n").utf8)) }
  }

  private static let screen = TerminalStyle(
    isTerminal: true, columns: 80, environment: ["TERM": "xterm", "NO_COLOR": "1"])

  private func part(_ output: String, status: Int32 = 0) -> TestTally.Part {
    var part = TestTally.Part("vm/6.12/dm-basic", command: "make vm SCRIPT=dm-basic.sh")
    part.output = output
    part.lines = TestLineParser.parse(output)
    part.logs = ["build/6.12/vm/dm-basic.log"]
    if status != 0 { part.faults = ["it ended with status \(status)"] }
    return part
  }

  @Test("in a pipe each promise is a line, and the last line is the sum")
  func pipe() {
    var tally = tally()
    tally.record(part("ok - a: 1\nok - b # SKIP why\n"))
    #expect(tally.finish() == 0)
    #expect(
      text == [
        "ok      vm/6.12/dm-basic/a: 1", "skipped vm/6.12/dm-basic/b: why", "1 skipped",
        "1 passed, 0 failed",
      ])
  }

  @Test("on a terminal each script is a line")
  func terminal() {
    var tally = tally(Self.screen)
    tally.record(part("ok - a: 1\nok - c: 1\nok - b # SKIP why\n"), seconds: 61)
    #expect(tally.finish() == 0)
    #expect(
      text == [
        "ok      vm/6.12/dm-basic: 2 passed, 1 skipped, 1 min 1 s", "1 skipped",
        "2 passed, 0 failed",
      ])
  }

  @Test(
    "a failure is printed whole at the end, with its log and the command that runs it again",
    arguments: [TerminalStyle.plain, TestTallyTests.screen])
  func failure(style: TerminalStyle) {
    var tally = tally(style)
    tally.record(part("noise\nok - a: 1\nnot ok - b: 2, and not 3\n# why\nok - c: 4\n# more\n"))
    tally.record(TestTally.Part("host", command: "swift test"))
    #expect(tally.finish() == 1)
    let report = [
      "FAILED  vm/6.12/dm-basic/b: 2, and not 3", "  not ok - b: 2, and not 3", "  # why",
      "  log:   build/6.12/vm/dm-basic.log", "  again: make vm SCRIPT=dm-basic.sh",
      "2 passed, 1 failed",
    ]
    #expect(text.suffix(report.count) == report)
    #expect(text.filter { $0.hasPrefix("FAILED") }.count == 2)
  }

  @Test("a status without a failed result shows the end of the output")
  func status() {
    var tally = tally()
    tally.record(part((1...70).map { "line \($0)\n" }.joined() + "ok - a: 1\n", status: 7))
    #expect(tally.finish() == 1)
    #expect(text.contains("FAILED  vm/6.12/dm-basic: it ended with status 7"))
    #expect(text.contains("  … (the last 60 lines of 71)"))
    #expect(text.contains("  line 70") && !text.contains("  line 11"))
    #expect(text.last == "1 passed, 1 failed")
  }

  @Test("what the kernel complained about is in the report")
  func complaint() {
    var tally = tally()
    var part = part("ok - a: 1\n")
    part.faults = ["the kernel complained:"]
    part.complaint = ["> BUG: x"]
    tally.record(part)
    #expect(tally.finish() == 1)
    #expect(text.contains("  > BUG: x"))
  }

  @Test("a long explanation is cut off, and says so")
  func long() {
    let output = "not ok - a\n" + (1...5).map { "line \($0)\n" }.joined() + "ok - b\nline 6\n"
    #expect(
      FailureReport.excerpts(of: output, length: 3)
        == ["not ok - a", "line 1", "line 2", "… (more in the log)"])
  }

  @Test("what could not run is a failure, and no test at all is none that passed")
  func none() {
    var tally = tally()
    #expect(tally.finish() == 1)
    tally.fail("vm/6.1", "there is no module", command: "make modules KERNEL=6.1")
    #expect(tally.finish() == 1)
    #expect(text.contains("  again: make modules KERNEL=6.1"))
    #expect(text.last == "0 passed, 1 failed")
  }
}
