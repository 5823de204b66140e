// SPDX-License-Identifier: GPL-2.0-only
// Compares the results of two runs of the bench.

/// What changed between two runs.
public struct BenchComparison: Equatable, Sendable {
  /// What the numbers depend on, where it differs.
  public private(set) var machine: [String] = []
  /// The cells of the rows whose cost differs, without a heading.
  public private(set) var changes: [[String]] = []
  /// The names of the rows that only the newer run has.
  public private(set) var added: [String] = []
  /// The names of the rows that only the older run has.
  public private(set) var removed: [String] = []

  /// Compares an older and a newer run. Costs that differ by less than half an instruction are
  /// equal.
  public init(from old: BenchResults, to new: BenchResults) {
    for (name, before, after) in [
      ("kernel", old.machine.release, new.machine.release),
      ("QEMU", old.machine.qemu, new.machine.qemu),
      ("compiler", old.machine.swift, new.machine.swift),
    ] where before != after {
      machine.append("\(name): \(before) → \(after)")
    }
    for row in new.rows {
      guard let before = old.rows.first(where: { $0.name == row.name }) else {
        added.append(row.name)
        continue
      }
      guard
        abs(before.c.cost - row.c.cost) >= 0.5 || abs(before.swift.cost - row.swift.cost) >= 0.5
      else { continue }
      let change = row.swift.cost - before.swift.cost
      changes.append([
        row.name, BenchTable.number(before.c.cost), BenchTable.number(row.c.cost),
        BenchTable.number(before.swift.cost), BenchTable.number(row.swift.cost),
        (change > 0 ? "+" : "") + BenchTable.number(change), BenchTable.ratio(before.ratio),
        BenchTable.ratio(row.ratio),
      ])
    }
    removed = old.rows.map(\.name).filter { name in !new.rows.contains { $0.name == name } }
  }

  /// The comparison for the terminal.
  public var text: String {
    var parts = machine.isEmpty ? [] : [machine.joined(separator: "\n")]
    if changes.isEmpty {
      parts.append("No cost has changed.")
    } else {
      parts.append(
        BenchTable.text(
          [["row", "C was", "is", "Swift was", "is", "change", "ratio was", "is"]] + changes))
    }
    if !added.isEmpty { parts.append("new rows: " + added.joined(separator: ", ")) }
    if !removed.isEmpty { parts.append("missing rows: " + removed.joined(separator: ", ")) }
    return parts.joined(separator: "\n\n")
  }
}
