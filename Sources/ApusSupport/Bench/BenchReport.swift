// SPDX-License-Identifier: GPL-2.0-only
// The report of the bench as a page that needs no other file.

/// Writes results as HTML, with the plots as SVG.
public enum BenchReport {
  /// The page.
  public static func html(_ results: BenchResults) -> String {
    let machine = results.machine
    let facts = [
      ("kernel", machine.release), ("QEMU", machine.qemu), ("Swift", machine.swift),
      ("commit", machine.commit), ("command of the guest", machine.command),
    ]
    let mitigations = machine.mitigations.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    let commands = results.rows.map { row in
      [row.name, row.c.setup, row.c.command, row.swift.setup, row.swift.command]
    }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <title>Apus: C and Swift side by side on \(escaped(results.kernel))</title>
      <style>
      body { font-family: sans-serif; margin: 2em auto; max-width: 72em; padding: 0 1em; }
      table { border-collapse: collapse; margin: 1em 0; }
      td, th { border-bottom: 1px solid #ccc; padding: 0.2em 0.6em; text-align: right; }
      td:first-child, th:first-child { text-align: left; }
      .text td, .text th { text-align: left; vertical-align: top; word-break: break-word; }
      svg text { font: 12px sans-serif; }
      </style>
      </head>
      <body>
      <h1>C and Swift side by side</h1>
      <p>Instructions for one operation, counted by the emulator: the whole path from the submission
      to the completion. A ratio below 1 means that the driver in Swift needs fewer.
      \(escaped(BenchTable.agreement(results.rows)))</p>
      \(plot(results.rows))
      \(table(BenchTable.cells(results.rows)))
      \(results.sizes.isEmpty ? "" : "<h2>Sizes in bytes</h2>\n" + table(BenchTable.cells(results.sizes)))
      <h2>What the numbers depend on</h2>
      \(table([["what", "value"]] + (facts + mitigations).map { [$0.0, $0.1] }, style: "text"))
      <h2>Commands</h2>
      <p>The generator's words: device, operation, bytes of a bio, bios in flight, span in bytes,
      bios of a small and of a large batch, number of batches of each size.</p>
      \(table([["row", "C: device", "C: generator", "Swift: device", "Swift: generator"]] + commands, style: "text"))
      </body>
      </html>

      """
  }

  /// A bar for each row, as long as the ratio, and a line where C is.
  static func plot(_ rows: [BenchRow]) -> String {
    let (label, width, step) = (300.0, 560.0, 18)
    let longest = max(1.1, rows.map(\.ratio).max() ?? 1)
    func place(_ ratio: Double) -> String { BenchTable.number(label + ratio / longest * width) }
    let height = rows.count * step + 24
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"940\" height=\"\(height)\" role=\"img\" "
        + "aria-label=\"Swift's instructions for each of C's\">"
    ]
    for (index, row) in rows.enumerated() {
      let top = index * step
      let colour = row.ratio <= 1 ? "#2a7" : row.ratio <= 1.01 ? "#da3" : "#c43"
      let length = BenchTable.number(row.ratio / longest * width)
      lines += [
        "<text x=\"\(Int(label) - 6)\" y=\"\(top + 13)\" text-anchor=\"end\">"
          + "\(escaped(row.name))</text>",
        "<rect x=\"\(Int(label))\" y=\"\(top + 3)\" width=\"\(length)\" height=\"12\" "
          + "fill=\"\(colour)\"/>",
        "<text x=\"\(place(row.ratio))\" y=\"\(top + 13)\" dx=\"4\">"
          + "\(BenchTable.ratio(row.ratio))</text>",
      ]
    }
    let end = rows.count * step + 2
    lines += [
      "<line x1=\"\(place(1))\" y1=\"0\" x2=\"\(place(1))\" y2=\"\(end)\" stroke=\"#000\"/>",
      "<text x=\"\(place(1))\" y=\"\(end + 14)\" text-anchor=\"middle\">C</text>", "</svg>",
    ]
    return lines.joined(separator: "\n")
  }

  static func table(_ cells: [[String]], style: String = "numbers") -> String {
    let lines = cells.enumerated().map { index, row in
      let tag = index == 0 ? "th" : "td"
      return "<tr>" + row.map { "<\(tag)>\(escaped($0))</\(tag)>" }.joined() + "</tr>"
    }
    return "<table class=\"\(style)\">\n" + lines.joined(separator: "\n") + "\n</table>"
  }

  static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
