// SPDX-License-Identifier: GPL-2.0-only
// The recorded costs of the short set (Tests/Bench/recorded), and the judgement of new ones.

import Foundation

/// The costs that are recorded for a kernel.
public struct BenchRecord: Equatable, Sendable {
  /// The recorded cost of a row, in instructions.
  public struct Entry: Equatable, Sendable {
    /// The name of the row.
    public var name: String
    /// What the kernel's own driver needed.
    public var c: Double
    /// What the driver in Swift needed.
    public var swift: Double
  }

  /// A cost may grow by this factor without a line in the changelog.
  static let tolerance = 1.02

  /// The rows, in the file's order.
  public var entries: [Entry]

  /// Parses the file: a name, C's cost and Swift's in each line, separated by tabs.
  public init(parsing text: String) throws {
    entries = try text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
      let parts = line.split(separator: "\t").map(String.init)
      guard parts.count == 3, let c = Double(parts[1]), let swift = Double(parts[2]), c > 0,
        swift > 0
      else { throw Failure("Tests/Bench/recorded: '\(line)' is no cost of a row") }
      return Entry(name: parts[0], c: c, swift: swift)
    }
  }

  /// Records those rows whose names are in the short set.
  public init(_ rows: [BenchRow], names: [String]) throws {
    entries = try names.map { name in
      guard let row = rows.first(where: { $0.name == name }) else {
        throw Failure("the bench has no row '\(name)', which Tests/Bench/short.txt names")
      }
      return Entry(name: name, c: row.c.cost, swift: row.swift.cost)
    }
  }

  /// The file's content.
  public func text(_ machine: BenchResults.Machine) -> String {
    let head =
      "# Written by make bench RECORD=1: row, C's instructions, Swift's.\n"
      + "# \(machine.release); \(machine.qemu)\n"
    return head
      + entries.map { entry in
        "\(entry.name)\t\(BenchTable.number(entry.c))\t\(BenchTable.number(entry.swift))\n"
      }.joined()
  }

  /// Judges new costs of the named rows: one result for each.
  ///
  /// A cost passes if it is no more than 2 % above the recorded one, or no more than the changelog
  /// says. A change of the kernel or of QEMU alters C's cost, too; it is taken out by the ratio of
  /// C's new cost to its recorded one.
  public func judge(_ rows: [BenchRow], names: [String], changelog: String) -> [TestLine] {
    names.map { name in
      let promise = "\(name) costs no more than recorded"
      guard let row = rows.first(where: { $0.name == name }) else {
        return TestLine(.failed, promise, seen: "it was not measured")
      }
      guard let entry = entries.first(where: { $0.name == name }) else {
        return TestLine(.failed, promise, seen: "nothing is recorded; make bench RECORD=1")
      }
      let expected = entry.swift * (row.c.cost / entry.c)
      let seen =
        "\(BenchTable.number(row.swift.cost)) instructions, recorded "
        + BenchTable.number(expected)
      if row.swift.cost <= expected * Self.tolerance {
        return TestLine(.passed, promise, seen: seen)
      }
      if let announced = Self.announced(name, in: changelog), row.swift.cost <= announced {
        return TestLine(
          .passed, promise, seen: "\(seen), announced \(BenchTable.number(announced))")
      }
      return TestLine(
        .failed, promise,
        seen: seen + String(format: " (%+.1f %%)", (row.swift.cost / expected - 1) * 100)
          + ", and CHANGELOG.md does not say why")
    }
  }

  /// The cost that the changelog announces for a row, with the words "`ROW` costs N instructions".
  /// The first such place counts, because the newest is at the top.
  static func announced(_ name: String, in changelog: String) -> Double? {
    let text = changelog.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard let place = text.firstRange(of: "`\(name)` costs ") else { return nil }
    let rest = text[place.upperBound...].split(separator: " ", maxSplits: 2)
    guard rest.count >= 2, rest[1].hasPrefix("instructions") else { return nil }
    return Double(rest[0].filter { $0 != "," })
  }

  /// The names in the file `Tests/Bench/short.txt`.
  public static func names(parsing text: String) -> [String] {
    text.split(separator: "\n").map(String.init)
  }
}
