// SPDX-License-Identifier: GPL-2.0-only
// Parses the output of `swift test` for Swift Testing.

/// Finds the results of individual tests, and the closing line, in the output of `swift test`.
public struct SwiftTestParser: Sendable {
  /// One result for each test.
  public private(set) var lines: [TestLine] = []
  /// Whether the output has the line that closes a run.
  public private(set) var isComplete = false

  /// Parses the whole output.
  public init(_ output: String) {
    for line in output.split(whereSeparator: \.isNewline) {
      // The sentence follows a symbol that differs between terminals.
      guard let start = line.firstRange(of: "Test ") else { continue }
      let sentence = line[start.upperBound...]
      guard line[..<start.lowerBound].count <= 3 else { continue }
      if sentence.hasPrefix("run with ") {
        isComplete = sentence.contains(" passed after ") || sentence.contains(" failed after ")
        continue
      }
      // A parameterised test counts once, with the line of the test itself.
      if sentence.hasPrefix("case passing ") { continue }
      // The last occurrence, because a test's name may contain the same words.
      if let end = sentence.ranges(of: " passed after ").last {
        lines.append(TestLine(.passed, Self.name(sentence[..<end.lowerBound])))
      } else if let end = sentence.ranges(of: " failed after ").last {
        lines.append(TestLine(.failed, Self.name(sentence[..<end.lowerBound])))
      } else if let end = sentence.firstRange(of: " skipped") {
        lines.append(TestLine(.skipped(""), Self.name(sentence[..<end.lowerBound])))
      }
    }
  }

  private static func name(_ text: Substring) -> String {
    var text = text
    if text.hasSuffix(" test cases") || text.hasSuffix(" test case"),
      let with = text.ranges(of: " with ").last
    {
      text = text[..<with.lowerBound]
    }
    return text.filter { $0 != "\"" }
  }
}
