// SPDX-License-Identifier: GPL-2.0-only
// Searches a kernel's log for offences, and separates those that a script announced.

import Foundation

/// The result of searching one log.
///
/// A script announces an offence with a line `apus-expect: <regex>` in `/dev/kmsg`. From then on, a
/// line that matches is expected, and so is the rest of its report (call trace, oops). At least one
/// line must match.
public struct KernelLogScan: Sendable {
  /// The log, without carriage returns.
  public let lines: [String]
  /// The indices in `lines` of the offences that were not announced.
  public let offences: [Int]
  /// The announced expressions that no line matched, and those that are not valid regular
  /// expressions.
  public let unmet: [String]

  /// Whether there are no unannounced offences, and every announced expression was matched.
  public var isClean: Bool { offences.isEmpty && unmet.isEmpty }

  /// Whether the kernel stopped at an `int3` that was no longer in its memory.
  ///
  /// The kernel patches its own text by means of that instruction, and waits until no CPU can see
  /// it. QEMU 7.2, which emulates each CPU in its own thread, sometimes executes code that it
  /// translated before the patch. Switching `kernel.sched_schedstats` on and off repeatedly stops a
  /// stock kernel within seconds. The report shows the content of the memory, so this case can be
  /// distinguished from a jump to a real `int3`.
  public var isOfStaleCode: Bool {
    lines.indices.contains { index in
      guard lines[index].contains("int3: 0000 [#"),
        let code = lines[index...].prefix(8).first(where: { $0.contains(" Code: ") })
      else { return false }
      let bytes = code.split(separator: " ")
      guard let next = bytes.firstIndex(where: { $0.hasPrefix("<") }), next > bytes.startIndex
      else { return false }
      let last = bytes[next - 1]
      return last.count == 2 && last.allSatisfy(\.isHexDigit) && last != "cc"
    }
  }

  /// The number of lines after an announced first line that may belong to its report.
  private static let reportLength = 150

  private static let announcement = "apus-expect:"

  /// Searches one log.
  public init(log: String) {
    self.init(lines: Self.split(log))
  }

  /// Searches the log that a guest sent, and its console. A line that is in both counts once.
  public init(log: String?, console: String) {
    let console = Self.split(console)
    guard let log, !log.isEmpty else {
      self.init(lines: console)
      return
    }
    let lines = Self.split(log)
    let known = Set(lines)
    self.init(lines: lines + console.filter { !known.contains($0) })
  }

  init(lines: [String]) {
    self.lines = lines
    let any = Self.expression(
      KernelLogPattern.offences.map { "(?:\($0.expression))" }.joined(separator: "|"))
    let part = Self.expression(
      KernelLogPattern.offences.filter(\.isPartOfReport).map { "(?:\($0.expression))" }.joined(
        separator: "|"))
    let opening = Self.expression(
      KernelLogPattern.offences.filter { !$0.isPartOfReport }.map { "(?:\($0.expression))" }.joined(
        separator: "|"))
    let harmless = Self.expression(
      KernelLogPattern.harmless.map { "(?:\($0.expression))" }.joined(separator: "|"))

    var offences: [Int] = []
    var unmet: [String] = []
    var expected: [(text: String, expression: NSRegularExpression, isSeen: Bool)] = []
    var excusedUntil = -1
    for (index, line) in lines.enumerated() {
      if let range = line.range(of: Self.announcement) {
        let text = line[range.upperBound...].trimmingCharacters(in: .whitespaces)
        // The console repeats the lines of the log, so an expression that is announced twice counts
        // once.
        if expected.contains(where: { $0.text == text }) { continue }
        if let expression = try? NSRegularExpression(pattern: text), !text.isEmpty {
          expected.append((text, expression, false))
        } else {
          unmet.append(text)
        }
        continue
      }
      var isExpected = false
      for place in expected.indices where Self.matches(expected[place].expression, line) {
        expected[place].isSeen = true
        isExpected = true
      }
      if line.contains("---[ end trace") { excusedUntil = min(excusedUntil, index) }
      guard Self.matches(any, line), !Self.matches(harmless, line) else { continue }
      if isExpected {
        excusedUntil = index + Self.reportLength
      } else if index <= excusedUntil, Self.matches(part, line), !Self.matches(opening, line) {
        continue
      } else {
        offences.append(index)
      }
    }
    self.offences = offences
    self.unmet = unmet + expected.filter { !$0.isSeen }.map(\.text)
  }

  /// The offending lines with the lines around them, for a person to read.
  public func excerpt(before: Int = 3, after: Int = 25, limit: Int = 120) -> String {
    var shown: [String] = []
    var next = 0
    for offence in offences {
      let start = max(next, offence - before)
      let end = min(lines.count, offence + after + 1)
      if start > next, !shown.isEmpty { shown.append("  …") }
      for index in start..<max(start, end) {
        shown.append((offences.contains(index) ? "> " : "  ") + lines[index])
      }
      next = max(next, end)
      if shown.count >= limit {
        shown = Array(shown.prefix(limit)) + ["  … (\(offences.count) offending lines in all)"]
        break
      }
    }
    shown += unmet.map { "> announced with apus-expect, and never seen: \($0)" }
    return shown.joined(separator: "\n")
  }

  static func split(_ log: String) -> [String] {
    log.replacingOccurrences(of: "\r", with: "").split(
      separator: "\n", omittingEmptySubsequences: true
    ).map(
      String.init)
  }

  private static func expression(_ pattern: String) -> NSRegularExpression {
    do {
      return try NSRegularExpression(pattern: pattern)
    } catch {
      // The patterns are constants of this module, and a test compiles each of them.
      preconditionFailure("bad pattern \(pattern): \(error)")
    }
  }

  private static func matches(_ expression: NSRegularExpression, _ line: String) -> Bool {
    expression.firstMatch(in: line, range: NSRange(location: 0, length: line.utf16.count)) != nil
  }
}
