// SPDX-License-Identifier: GPL-2.0-only
// Parses the results in a test's output: `ok - promise: seen`, TAP, and the kernel's nested KTAP.

/// Finds the results in a test's output, and ignores all other lines.
public enum TestLineParser {
  /// All counted results of `output`, in order.
  ///
  /// A numbered line that follows a group of deeper lines is the group's summary. It counts only if
  /// it reports a failure and no line of the group does.
  public static func parse(_ output: String) -> [TestLine] {
    var results: [(indentation: Int, line: TestLine, isCounted: Bool)] = []
    var names: [(indentation: Int, name: String)] = []
    for raw in output.split(whereSeparator: \.isNewline) {
      let stripped = withoutTimestamp(raw)
      let indentation = stripped.prefix { $0 == " " || $0 == "\t" }.count
      let text = stripped.dropFirst(indentation)
      if text.hasPrefix("# Subtest: ") {
        names.removeAll { $0.indentation >= indentation }
        names.append((indentation, String(text.dropFirst("# Subtest: ".count))))
        continue
      }
      guard let (verdict, isNumbered, description) = result(text) else { continue }
      var line = TestLine(verdict, description)
      if !isNumbered, let colon = description.firstRange(of: ": ") {
        line.promise = String(description[..<colon.lowerBound])
        line.seen = String(description[colon.upperBound...])
      }
      guard isNumbered else {
        results.append((indentation, line, true))
        names = []
        continue
      }
      // The children are the numbered lines since the last result at this depth or above.
      let firstChild = results.lastIndex { $0.indentation <= indentation }.map { $0 + 1 } ?? 0
      let children = results[firstChild...]
      names.removeAll { $0.indentation > indentation }
      let ownName = line.promise
      line.promise = (names.filter { $0.name != ownName }.map(\.name) + [ownName]).joined(
        separator: "/")
      let isSilentFailure = verdict == .failed && !children.contains { $0.line.verdict == .failed }
      results.append((indentation, line, children.isEmpty || isSilentFailure))
      names.removeAll { $0.indentation == indentation && $0.name == ownName }
    }
    return results.filter(\.isCounted).map(\.line)
  }

  /// The verdict, whether the line has a number, and the description.
  private static func result(_ text: Substring) -> (TestLine.Verdict, Bool, String)? {
    var rest = text
    var verdict = TestLine.Verdict.passed
    if rest.hasPrefix("not ok ") {
      verdict = .failed
      rest = rest.dropFirst(7)
    } else if rest.hasPrefix("ok ") {
      rest = rest.dropFirst(3)
    } else {
      return nil
    }
    let number = rest.prefix { $0.isNumber }
    rest = rest.dropFirst(number.count)
    if !number.isEmpty {
      guard rest.first == " " || rest.isEmpty else { return nil }
      rest = rest.drop { $0 == " " }
    }
    if rest.hasPrefix("- ") {
      rest = rest.dropFirst(2)
    } else if number.isEmpty {
      return nil
    }
    if let mark = rest.firstRange(of: "# SKIP") {
      verdict = .skipped(trimmed(rest[mark.upperBound...]))
      rest = rest[..<mark.lowerBound]
    }
    let description = trimmed(rest)
    return (verdict, !number.isEmpty, description.isEmpty ? String(number) : description)
  }

  /// The line without the timestamp `[   12.345678]` of the kernel's log.
  private static func withoutTimestamp(_ line: Substring) -> Substring {
    guard line.first == "[", let end = line.firstIndex(of: "]") else { return line }
    let inside = line[line.index(after: line.startIndex)..<end]
    guard !inside.isEmpty, inside.allSatisfy({ $0.isNumber || $0 == "." || $0 == " " }) else {
      return line
    }
    let rest = line[line.index(after: end)...]
    return rest.first == " " ? rest.dropFirst() : rest
  }

  private static func trimmed(_ text: Substring) -> String {
    let start = text.drop(while: \.isWhitespace)
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...last])
  }
}
