// SPDX-License-Identifier: GPL-2.0-only
// The one screen with which `make run` ends: what was shown, what was seen, what to try next.

import Foundation

/// What the demonstration printed, and its picture.
struct DemonstrationScreen: Equatable, Sendable {
  /// The largest screen that it may fill.
  static let rows = 40
  static let columns = 100

  /// Results under a title.
  struct Part: Equatable, Sendable {
    var title: String
    var lines: [TestLine] = []
  }

  /// A number of the kernel's own driver, and of ours, both from the guest.
  struct Figure: Equatable, Sendable {
    var name: String
    var c: String
    var swift: String
    var unit: String
  }

  private(set) var parts: [Part] = []
  private(set) var figures: [Figure] = []
  /// The kernel's release, as the guest has it.
  private(set) var release = ""
  /// What does not hold, apart from the results.
  private(set) var faults: [String] = []
  /// Figures that were not measured in this boot, and the file that has them.
  var recorded: [BenchRecord.Entry] = []
  var record = ""
  /// The files that have the script's output and the console.
  var logs: [String] = []
  private var closing = ""

  /// Parses the script's output. A part in `titles` that is not there, or has no result, is a
  /// fault.
  init(parsing output: String, titles: [String]) {
    for line in output.split(whereSeparator: \.isNewline).map(String.init) {
      if let title = Self.title(line) {
        parts.append(Part(title: title))
      } else if line.hasPrefix("# kernel: ") {
        release = String(line.dropFirst("# kernel: ".count))
      } else if line.hasPrefix("# figure: ") {
        let words = line.dropFirst("# figure: ".count).split(
          separator: "|", omittingEmptySubsequences: false
        ).map(String.init)
        guard words.count == 4, Int(words[1]) != nil, Int(words[2]) != nil else {
          faults.append("a figure that is not NAME|C|SWIFT|UNIT: \(line)")
          continue
        }
        figures.append(Figure(name: words[0], c: words[1], swift: words[2], unit: words[3]))
      } else {
        let lines = TestLineParser.parse(line)
        if lines.isEmpty { continue }
        if parts.isEmpty { parts.append(Part(title: "")) }
        parts[parts.count - 1].lines += lines
      }
    }
    if titles.isEmpty { faults.append("the script has no part") }
    for title in titles where !parts.contains(where: { $0.title == title && !$0.lines.isEmpty }) {
      faults.append("not shown: \(title)")
    }
  }

  /// The title in a line of output that begins a part.
  static func title(_ line: String) -> String? {
    line.hasPrefix("# part: ") ? String(line.dropFirst("# part: ".count)) : nil
  }

  /// The titles of the parts in the script's source.
  static func titles(of script: String) -> [String] {
    script.split(separator: "\n").filter { $0.hasPrefix("part \"") && $0.hasSuffix("\"") }.map {
      String($0.dropFirst("part \"".count).dropLast())
    }
  }

  /// Adds what the boot itself says.
  mutating func look(at outcome: BootOutcome) {
    if let complaint = outcome.complaint {
      let lines = complaint.split(separator: "\n").map(String.init)
      // Of an excerpt of the log, the offences themselves.
      faults += lines.prefix(1) + lines.dropFirst().filter { $0.hasPrefix("> ") }.prefix(4)
    }
    if case .finished(let status) = outcome.end, status != 0 {
      faults.append("the script ended with status \(status)")
    }
    closing =
      "one boot of \(ProgressState.duration(outcome.seconds)) "
      + "(\(outcome.accelerator.rawValue)), no complaint in the \(outcome.scan.lines.count) lines "
      + "of its log"
  }

  private var results: [TestLine] { parts.flatMap(\.lines) }

  /// Whether all of it held. What was skipped was not shown.
  var holds: Bool { faults.isEmpty && results.allSatisfy { $0.verdict == .passed } }

  /// The lines of the screen.
  func lines(in style: TerminalStyle) -> [String] {
    var lines = [style.strong("Apus: storage drivers in Swift, at work in Linux \(release)")]
    let width = min(results.map(\.promise.count).max() ?? 0, 62)
    for part in parts {
      lines.append(style.strong(Self.fitted(part.title)))
      for line in part.lines {
        let isGood = line.verdict == .passed
        let text = "\(Self.padded(line.promise, width))  \(line.seen)"
        lines.append(
          "  " + (isGood ? style.good("ok ") : style.bad("NO ")) + Self.fitted(text, indented: 5))
      }
    }
    return holds ? lines + beside + end(style) : failed(lines, style)
  }

  private var beside: [String] {
    guard !figures.isEmpty || !recorded.isEmpty else { return [] }
    func row(_ name: String, _ c: String, _ swift: String, _ unit: String) -> String {
      Self.fitted(
        "  \(Self.padded(name, 46)) \(Self.padded(c, 9, right: true)) "
          + "\(Self.padded(swift, 9, right: true))  \(unit)")
    }
    return ["Beside C" + row("", "C", "Swift", "").dropFirst("Beside C".count)]
      + figures.map { row($0.name, $0.c, $0.swift, "\($0.unit), in this boot") }
      + recorded.map {
        row(
          $0.name, BenchTable.number($0.c), BenchTable.number($0.swift),
          "instructions, recorded*")
      } + (recorded.isEmpty ? [] : ["  * \(record), by make bench RECORD=1; not measured now"])
  }

  private func end(_ style: TerminalStyle) -> [String] {
    [
      style.good("All \(results.count) held: ") + closing + ".",
      "Next:  make shell                             the same kernel and all drivers, for you",
      "       make new NAME=my_disk KIND=disk        a driver of your own, in ../my_disk",
      "       make test                              every promise, and the full comparison with C",
    ]
  }

  private func failed(_ shown: [String], _ style: TerminalStyle) -> [String] {
    let wrong = results.count { $0.verdict != .passed }
    let verdict =
      wrong > 0
      ? "\(wrong) of \(results.count) did not hold."
      : "Not all was shown, or the kernel complained: see above."
    let closing =
      [style.bad(verdict)]
      + logs.map { "  log:   \($0)" }
      + ["  again: make run, or with all that it prints: make vm SCRIPT=Tests/VM/demo.sh"]
    let faults = faults.map { "  " + style.bad("NO ") + Self.fitted($0, indented: 5) }
    // The faults have precedence if there is not enough place.
    let place = max(Self.rows - closing.count, 0)
    let kept = faults.prefix(place)
    return shown.prefix(place - kept.count) + kept + closing
  }

  private static func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
    let space = String(repeating: " ", count: max(width - text.count, 0))
    return right ? space + text : text + space
  }

  private static func fitted(_ text: String, indented: Int = 0) -> String {
    var text = TerminalStyle.fitted(text, columns - indented)
    while text.last == " " { text.removeLast() }
    return text
  }
}
