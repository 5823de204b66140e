// SPDX-License-Identifier: GPL-2.0-only
// Tests of the bench: what its script prints, the slope, the rows, the tables, a comparison, and
// the judgement by what is recorded.

import Foundation
import Testing

@testable import ApusSupport

@Suite struct BenchTests {
  static func answer(_ small: Int, _ large: Int) -> String {
    "small=64 large=192 small-time=9 large-time=9 least-small=\(small) least-large=\(large) "
      + "bios=6400 failed=0"
  }

  static func output(_ c: Int, _ swift: Int, name: String = "zero read 4k") -> String {
    """
    setup|C|make c
    setup|Swift|make swift
    row|\(name)|C|/dev/c read 4096 1|\(answer(1000, 1000 + 128 * c))
    row|\(name)|Swift|/dev/swift read 4096 1|\(answer(1000, 1000 + 128 * swift))
    mitigation|spectre_v2|Mitigation: Retpolines
    done

    """
  }

  static func results(_ costs: [(String, Double, Double)]) -> BenchResults {
    BenchResults(
      kernel: "6.12", machine: BenchResults.Machine(),
      rows: costs.map { name, c, swift in
        BenchRow(name: name, c: BenchCost(runs: [c]), swift: BenchCost(runs: [swift]))
      })
  }

  // MARK: - Parsing

  @Test("the slope leaves out what a batch costs by itself")
  func slope() throws {
    let times = try BatchTimes(parsing: Self.answer(1_000_064, 1_000_192))
    #expect(times.slope == 1)
    #expect(try BatchTimes(parsing: Self.answer(100, 420)).slope == 2.5)
  }

  @Test(
    "an answer that gives no slope is refused",
    arguments: [
      "none", "small=64 large=192", "small=64 large=64 least-small=1 least-large=2",
      "small=64 large=192 least-small=2 least-large=2",
      "small=0 large=2 least-small=1 least-large=2",
      "small=x large=192 least-small=1 least-large=2",
    ])
  func noSlope(answer: String) {
    #expect(throws: Failure.self) { try BatchTimes(parsing: answer) }
  }

  @Test("each row has its side, its commands and its cost")
  func parsed() throws {
    let output = try BenchOutput(
      parsing: "cost|pool free|C|270\ncost|pool free|Swift|135\n" + Self.output(30, 40))
    #expect(output.measurements.map(\.cost) == [270, 135, 30, 40])
    #expect(output.measurements.map(\.side) == [.c, .swift, .c, .swift])
    #expect(output.measurements.map(\.setup) == ["", "", "make c", "make swift"])
    #expect(output.measurements.last?.command == "/dev/swift read 4096 1")
    #expect(output.mitigations == ["spectre_v2": "Mitigation: Retpolines"])
  }

  @Test(
    "an output with a wrong line, a row twice, or no end is refused",
    arguments: [
      "", "row|a|C|b\ndone\n", "row|a|D|b|\(answer(1, 2))\ndone\n", "words\ndone\n",
      "cost|a|C|\ndone\n", "cost|a|C|0\ndone\n", "cost|a|C|1\ncost|a|C|1\ndone\n",
      "cost|a|C|1\n", "setup|C\ndone\n", "mitigation|a\ndone\n",
    ])
  func wrong(output: String) {
    #expect(throws: Failure.self) { try BenchOutput(parsing: output) }
  }

  // MARK: - Rows

  @Test("two boots make rows with the least cost and the spread")
  func rows() throws {
    let boots = [
      try BenchOutput(parsing: Self.output(30, 45)), try BenchOutput(parsing: Self.output(30, 42)),
    ]
    let rows = try BenchResults.rows(of: boots)
    #expect(rows.map(\.name) == ["zero read 4k"])
    #expect(rows[0].swift.runs == [45, 42])
    #expect(rows[0].swift.cost == 42)
    #expect(rows[0].spread == 3)
    #expect(rows[0].ratio == 1.4)
  }

  @Test("boots with different rows, a row with one side, and nothing at all are refused")
  func differentRows() throws {
    let one = try BenchOutput(parsing: Self.output(30, 45))
    let other = try BenchOutput(parsing: Self.output(30, 45, name: "other"))
    let half = try BenchOutput(parsing: "cost|a|C|1\ndone\n")
    #expect(throws: Failure.self) { try BenchResults.rows(of: [one, other]) }
    #expect(throws: Failure.self) { try BenchResults.rows(of: [half]) }
    #expect(throws: Failure.self) { try BenchResults.rows(of: [BenchOutput(parsing: "done\n")]) }
  }

  @Test("results.json is read back as it was written")
  func json() throws {
    var results = Self.results([("a", 1, 2.5)])
    results.machine.release = "6.12"
    results.sizes = [
      ModuleSizes(
        c: .init(module: "zero", text: 1, data: 2), swift: .init(module: "apus", text: 3, data: 4))
    ]
    let path = NSTemporaryDirectory() + "apus-bench-\(getpid()).json"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try results.json().write(to: URL(fileURLWithPath: path))
    #expect(try BenchResults(contentsOf: path) == results)
    try Data("{}".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: Failure.self) { try BenchResults(contentsOf: path) }
  }

  @Test("a line of size is read, and its heading is none")
  func sizes() {
    #expect(
      ModuleSizes.parse("   1405\t    300\t      8\t   1713\t    6b1\t/a/dm-zero.ko")
        == .init(module: "dm-zero", text: 1405, data: 300))
    #expect(ModuleSizes.parse("text data bss dec hex filename") == nil)
  }

  // MARK: - Tables

  @Test("the table aligns numbers, and shows a tenth only where there is one")
  func table() {
    let rows = Self.results([("zero", 100, 102.27), ("a long name", 9, 9)]).rows
    #expect(
      BenchTable.text(BenchTable.cells(rows)) == """
        row            C  Swift  ratio  spread
        zero         100  102.3  1.023       0
        a long name    9      9  1.000       0
        """)
    #expect(
      BenchTable.markdown([["row", "C"], ["a", "1"]]) == "| row | C |\n|---|---:|\n| a | 1 |")
  }

  @Test("the report says which rows differ between the runs, and by how much")
  func agreement() {
    var rows = Self.results([("a", 1, 1), ("b", 1, 1)]).rows
    #expect(BenchTable.agreement(rows).contains("agree to the instruction in all 2 rows"))
    rows[1].swift.runs = [10, 12]
    #expect(BenchTable.agreement(rows).contains("in 1 of 2 rows.\nThe row 'b' differs most, by 2 "))
  }

  @Test("the tables of a page are replaced, and nothing else")
  func documentation() throws {
    let results = Self.results([("zero", 100, 102)])
    let page = "a\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nb\n"
    let once = try BenchTable.page(page, with: results)
    #expect(once.hasPrefix("a\n<!--") && once.hasSuffix("-->\nb\n") && !once.contains("old"))
    #expect(once.contains("| zero | 100 | 102 | 1.020 | 0 |"))
    #expect(try BenchTable.page(once, with: results) == once)
    #expect(throws: Failure.self) { try BenchTable.page("a\n", with: results) }
  }

  @Test("the page stands alone, escapes names and marks where C is")
  func page() {
    let page = BenchReport.html(Self.results([("a<b", 100, 150)]))
    #expect(page.contains("a&lt;b") && !page.contains("a<b"))
    #expect(page.contains("<svg") && page.contains("1.500"))
    #expect(!page.contains("src=") && !page.contains("href="))
  }

  // MARK: - Comparing

  @Test("a comparison has the rows that changed, came and went")
  func comparison() {
    let old = Self.results([("same", 10, 20), ("grown", 10, 20), ("gone", 1, 1)])
    var new = Self.results([("same", 10, 20.4), ("grown", 10, 25), ("new", 1, 1)])
    new.machine.qemu = "QEMU 8"
    let comparison = BenchComparison(from: old, to: new)
    #expect(comparison.changes == [["grown", "10", "10", "20", "25", "+5", "2.000", "2.500"]])
    #expect(comparison.added == ["new"])
    #expect(comparison.removed == ["gone"])
    #expect(comparison.machine == ["QEMU:  → QEMU 8"])
    #expect(BenchComparison(from: old, to: old).text == "No cost has changed.")
  }

  // MARK: - Judging

  static func judge(_ swift: Double, c: Double = 100, changelog: String = "") throws -> Bool {
    let record = try BenchRecord(parsing: "# head\nzero read\t100\t200\n")
    let lines = record.judge(
      results([("zero read", c, swift)]).rows, names: ["zero read"], changelog: changelog)
    #expect(lines.count == 1)
    return lines.first?.verdict == .passed
  }

  @Test("a cost may grow by 2 %, and no more")
  func growth() throws {
    #expect(try Self.judge(150))
    #expect(try Self.judge(204))
    #expect(try !Self.judge(205))
  }

  @Test("what makes C dearer by as much is the kernel's or the emulator's")
  func otherKernel() throws {
    #expect(try Self.judge(220, c: 110))
    #expect(try !Self.judge(226, c: 110))
    #expect(try !Self.judge(200, c: 90))
  }

  @Test("the changelog's newest line for a row lets its cost grow, up to that number")
  func announced() throws {
    let newest = "- `zero read` costs\n  300 instructions: a check.\n"
    #expect(try Self.judge(300, changelog: newest))
    #expect(try !Self.judge(301, changelog: newest))
    #expect(try !Self.judge(300, changelog: "- `zero` costs 300 instructions"))
    #expect(try !Self.judge(300, changelog: "- `zero read` costs 300 bytes"))
    #expect(try !Self.judge(400, changelog: newest + "- `zero read` costs 400 instructions"))
    #expect(try Self.judge(2300, changelog: "- `zero read` costs 2,300 instructions."))
  }

  @Test("a row that is not measured or not recorded fails")
  func missing() throws {
    let record = try BenchRecord(parsing: "a\t1\t1\n")
    let rows = Self.results([("b", 1, 1)]).rows
    let lines = record.judge(rows, names: ["a", "b"], changelog: "")
    #expect(lines.map(\.verdict) == [.failed, .failed])
    #expect(throws: Failure.self) { try BenchRecord(rows, names: ["a"]) }
  }

  @Test("a record is read back as it was written", arguments: [1.0, 2.5])
  func record(cost: Double) throws {
    let record = try BenchRecord(Self.results([("a b", cost, 3)]).rows, names: ["a b"])
    #expect(try BenchRecord(parsing: record.text(BenchResults.Machine())) == record)
    #expect(throws: Failure.self) { try BenchRecord(parsing: "a\t1\n") }
    #expect(throws: Failure.self) { try BenchRecord(parsing: "a\t0\t1\n") }
  }
}
