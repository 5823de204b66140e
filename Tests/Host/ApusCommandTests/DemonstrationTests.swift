// SPDX-License-Identifier: GPL-2.0-only
// Tests of the screen with which `make run` ends.

import Testing

@testable import ApusSupport

@Suite struct DemonstrationTests {
  private static let root = #filePath.split(separator: "/").dropLast(4).map { "/\($0)" }.joined()
  private static let titles = ["One", "Two"]
  private static let output = """
    # kernel: 6.12.0
    # part: One
    ok - a promise: what was seen
    # figure: bytes of it|10|12|bytes
    noise
    # part: Two
    ok - another promise: more

    """

  private func screen(_ output: String = output, _ titles: [String] = titles)
    -> DemonstrationScreen
  {
    DemonstrationScreen(parsing: output, titles: titles)
  }

  private func outcome(_ end: BootOutcome.End, log: String = "fine") -> BootOutcome {
    BootOutcome(
      end: end, scan: KernelLogScan(log: log), console: log, secondsToScript: 3, seconds: 20,
      accelerator: .tcg)
  }

  @Test("it has the parts, what was seen, the figures with their source, and what to try next")
  func whole() {
    var screen = screen()
    screen.look(at: outcome(.finished(status: 0)))
    screen.recorded = [
      BenchRecord.Entry(name: "null read", c: 2449.7, swift: 2495)
    ]
    screen.record = "Tests/Bench/recorded/6.12.txt"
    #expect(screen.holds)
    #expect(
      screen.lines(in: .plain) == [
        "Apus: storage drivers in Swift, at work in Linux 6.12.0", "One",
        "  ok a promise        what was seen", "Two", "  ok another promise  more",
        "Beside C                                                 C     Swift",
        "  bytes of it                                           10        12"
          + "  bytes, in this boot",
        "  null read                                         2449.7      2495"
          + "  instructions, recorded*",
        "  * Tests/Bench/recorded/6.12.txt, by make bench RECORD=1; not measured now",
        "All 2 held: one boot of 20 s (tcg), no complaint in the 1 lines of its log.",
        "Next:  make shell                             the same kernel and all drivers, for you",
        "       make new NAME=my_disk KIND=disk        a driver of your own, in ../my_disk",
        "       make test                              "
          + "every promise, and the full comparison with C",
      ])
  }

  @Test("a promise that does not hold is marked, and the log and the command are there")
  func broken() {
    var screen = screen(Self.output.replacing("ok - another", with: "not ok - another"))
    screen.look(at: outcome(.finished(status: 0)))
    screen.logs = ["build/shown/vm/demo.log"]
    let lines = screen.lines(in: .plain)
    #expect(!screen.holds)
    #expect(lines.contains("  NO another promise  more"))
    #expect(
      lines.suffix(3) == [
        "1 of 2 did not hold.", "  log:   build/shown/vm/demo.log",
        "  again: make run, or with all that it prints: make vm SCRIPT=Tests/VM/demo.sh",
      ])
  }

  @Test("what was skipped was not shown")
  func skipped() {
    #expect(!screen(Self.output + "ok - third # SKIP no such program\n").holds)
  }

  @Test(
    "a part that is missing or empty is a fault",
    arguments: ["ok - another promise: more\n", "# part: Two\nok - another promise: more\n"])
  func missing(text: String) {
    let screen = screen(Self.output.replacing(text, with: ""))
    #expect(!screen.holds)
    #expect(screen.faults == ["not shown: Two"])
    #expect(!self.screen("", []).holds)
  }

  @Test("a figure that is no number is a fault")
  func noFigure() { #expect(!screen(Self.output.replacing("|12|", with: "||")).holds) }

  @Test(
    "a script or a guest that does not end well is a fault",
    arguments: [
      BootOutcome.End.finished(status: 3), .silent(seconds: 60), .timedOut(seconds: 9),
      .broken("the kernel panicked"),
    ])
  func end(end: BootOutcome.End) {
    var screen = screen()
    screen.look(at: outcome(end))
    #expect(!screen.holds)
    let verdict = screen.lines(in: .plain).suffix(2).first
    #expect(verdict == "Not all was shown, or the kernel complained: see above.")
  }

  @Test("the kernel's complaint is a fault, and the offending line is on the screen")
  func complaint() {
    var screen = screen()
    screen.look(at: outcome(.finished(status: 0), log: "a\nBUG: planted\nb"))
    #expect(!screen.holds)
    #expect(screen.lines(in: .plain).contains("  NO > BUG: planted"))
  }

  @Test(
    "the screen is no larger than a screen, whatever the guest prints", arguments: [3, 30, 300])
  func size(count: Int) {
    let long = String(repeating: "long ", count: 40)
    var text = Self.output
    for number in 1...count { text += "not ok - \(number) \(long): \(long)\n" }
    var screen = screen(text, Self.titles + (1...count).map { "\($0)" })
    screen.look(at: outcome(.silent(seconds: 60)))
    let lines = screen.lines(in: .plain)
    #expect(lines.count <= DemonstrationScreen.rows)
    #expect(lines.allSatisfy { $0.count <= DemonstrationScreen.columns })
    #expect(lines.last?.hasPrefix("  again:") == true)
  }

  @Test("the parts of the script are found, and the screen of a run fits with all its rows")
  func script() throws {
    let text = try String(contentsOfFile: "\(Self.root)/Tests/VM/demo.sh", encoding: .utf8)
    let titles = DemonstrationScreen.titles(of: text)
    #expect(titles.count == 4)
    let calls = text.split(separator: "\n").count {
      $0.drop(while: \.isWhitespace).hasPrefix("part ")
    }
    #expect(calls == titles.count)
    #expect(try ScriptHeader(parsing: text, named: "demo.sh").silence != nil)
  }

  @Test("the recorded rows that it shows are recorded")
  func recorded() throws {
    let path = "\(Self.root)/Tests/Bench/recorded/6.12.txt"
    let record = try BenchRecord(parsing: String(contentsOfFile: path, encoding: .utf8))
    for name in Demonstration.recorded { #expect(record.entries.contains { $0.name == name }) }
  }
}
