// SPDX-License-Identifier: GPL-2.0-only
// Tables of the bench, for the terminal and for a page of the documentation.

import Foundation

/// The tables of some results, as cells of text.
public enum BenchTable {
  /// A number of instructions: with a tenth only if it has one.
  static func number(_ value: Double) -> String {
    let tenths = (value * 10).rounded()
    return tenths.truncatingRemainder(dividingBy: 10) == 0
      ? String(Int(tenths / 10)) : String(format: "%.1f", tenths / 10)
  }

  static func ratio(_ value: Double) -> String { String(format: "%.3f", value) }

  /// The cells of the rows, with a heading.
  static func cells(_ rows: [BenchRow]) -> [[String]] {
    [["row", "C", "Swift", "ratio", "spread"]]
      + rows.map { row in
        [
          row.name, number(row.c.cost), number(row.swift.cost), ratio(row.ratio),
          number(row.spread),
        ]
      }
  }

  /// The cells of the modules' sizes, with a heading.
  static func cells(_ sizes: [ModuleSizes]) -> [[String]] {
    [["module", "C's text", "Swift's text", "ratio", "C's data", "Swift's data"]]
      + sizes.map { pair in
        [
          "\(pair.c.module) and \(pair.swift.module)", String(pair.c.text),
          String(pair.swift.text), ratio(Double(pair.swift.text) / Double(pair.c.text)),
          String(pair.c.data), String(pair.swift.data),
        ]
      }
  }

  /// Says whether the runs agree, and if not, which row differs most.
  static func agreement(_ rows: [BenchRow]) -> String {
    let differing = rows.filter { $0.spread >= 0.5 }
    guard let worst = differing.max(by: { $0.spread < $1.spread }) else {
      return "The two runs agree to the instruction in all \(rows.count) rows."
    }
    return "The two runs agree to the instruction in \(rows.count - differing.count) of "
      + "\(rows.count) rows.\nThe row '\(worst.name)' differs most, by "
      + "\(number(worst.spread)) instructions."
  }

  /// The table for the terminal. The first column is text, and the others are numbers.
  static func text(_ cells: [[String]]) -> String {
    let widths = (cells.first ?? []).indices.map { column in
      cells.map { $0[column].count }.max() ?? 0
    }
    return cells.map { row in
      row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + space : space + row[column]
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  /// The table for a page of the documentation.
  static func markdown(_ cells: [[String]]) -> String {
    var lines = cells.map { "| " + $0.joined(separator: " | ") + " |" }
    let columns = (cells.first ?? []).count
    lines.insert("|---|" + String(repeating: "---:|", count: max(0, columns - 1)), at: 1)
    return lines.joined(separator: "\n")
  }

  /// A page of the documentation with these results in place of what stands between the lines
  /// `<!-- bench: begin -->` and `<!-- bench: end -->`.
  ///
  /// Throws: `Failure` if the page does not have both lines, once and in this order.
  static func page(_ page: String, with results: BenchResults) throws -> String {
    let parts = page.components(separatedBy: "<!-- bench: begin -->\n")
    let rest = parts.last?.components(separatedBy: "<!-- bench: end -->\n") ?? []
    guard parts.count == 2, rest.count == 2 else {
      throw Failure("Documentation/Benchmarks.md has no place for the tables")
    }
    let machine = results.machine
    let tables = """
      <!-- bench: begin -->
      `make bench KERNEL=\(results.kernel) RECORD=1` wrote this part, on kernel
      `\(machine.release)`,
      `\(machine.qemu)`,
      `\(machine.swift)`.

      \(agreement(results.rows))

      \(markdown(cells(results.rows)))

      Sizes in bytes:

      \(markdown(cells(results.sizes)))
      <!-- bench: end -->

      """
    return parts[0] + tables + rest[1]
  }

  /// The tables of all results, for the terminal.
  public static func text(_ results: BenchResults) -> String {
    var text = text(cells(results.rows)) + "\n\n" + agreement(results.rows)
    if !results.sizes.isEmpty { text += "\n\n" + self.text(cells(results.sizes)) }
    return text
  }
}
