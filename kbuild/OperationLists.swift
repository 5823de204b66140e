// SPDX-License-Identifier: GPL-2.0-only
// Compares Sources/KernelMacros/Operations.swift with what Swift and C need in source: the lists at
// the declarations of the macros, the tables of their documentation, the protocols, and the offsets
// of the C tables.
//
// operations            prints what differs; the exit status is then 1
// operations --write    writes the lists, the tables and the offsets
// operations --names    prints each macro with the methods that it looks for
//
// kbuild/operations builds this program. It runs in the folder of the repository.

import Foundation

@main
enum OperationLists {
  static let width = 100
  static let header = "Sources/CKernel/tables.h"
  static let description = "Sources/KernelMacros/Operations.swift"

  static func main() throws {
    let mode = CommandLine.arguments.dropFirst().first
    if mode == "--names" {
      for macro in Operations.drivers {
        let methods = macro.operations.filter { !$0.isRequired }.flatMap(\.methods)
        print(macro.name, methods.joined(separator: " "))
      }
      return
    }
    var offences = try Operations.drivers.flatMap(missingMethods)
    var files: [String: String] = [header: offsets()]
    for macro in Operations.drivers {
      let file = "Sources/\(macro.module)/Macros.swift"
      let text = try files[file] ?? String(contentsOfFile: file, encoding: .utf8)
      guard let written = declaration(of: macro, in: text) else {
        offences.append("\(file): no 'public macro \(macro.name)(' with a table for each C table")
        continue
      }
      files[file] = written
    }
    for (file, text) in files.sorted(by: { $0.key < $1.key }) {
      if (try? String(contentsOfFile: file, encoding: .utf8)) == text { continue }
      if mode == "--write" {
        try text.write(toFile: file, atomically: true, encoding: .utf8)
      } else {
        offences.append("\(file): not as \(description) has it; make format mends it")
      }
    }
    for offence in offences { print(offence) }
    if !offences.isEmpty { exit(1) }
  }

  /// The file's text with the macro's lists and tables as they should be, or nil if it does not
  /// have them.
  static func declaration(of macro: DriverMacro, in text: String) -> String? {
    var lines = text.components(separatedBy: "\n")
    guard let end = lines.firstIndex(where: { $0.hasPrefix("public macro \(macro.name)(") }),
      let blank = lines[..<end].lastIndex(of: ""),
      let attributes = lines[blank..<end].firstIndex(where: { $0.hasPrefix("@attached(") })
    else { return nil }
    var comment: [String] = []
    var tables = macro.tables[...]
    for line in lines[(blank + 1)..<attributes] {
      if !line.hasPrefix("/// |") {
        comment.append(line)
      } else if comment.last?.hasPrefix("/// |") != true {
        guard let table = tables.popFirst() else { return nil }
        comment += documentation(of: table)
      }
    }
    if !tables.isEmpty { return nil }
    let lists =
      list(
        "@attached(member, names: ", "@attached(", "member, names: ",
        macro.memberNames.map { "named(\($0))" })
      + list(
        "@attached(extension, conformances: ", "@attached(", "extension, conformances: ",
        macro.conformances)
    lines.replaceSubrange((blank + 1)..<end, with: comment + lists)
    return lines.joined(separator: "\n")
  }

  /// A list in one line if it fits, and otherwise in filled lines.
  static func list(_ opening: String, _ first: String, _ second: String, _ names: [String])
    -> [String]
  {
    let line = opening + names.joined(separator: ", ") + ")"
    if line.count <= width { return [line] }
    var lines = [first, "  " + second + names[0]]
    for name in names.dropFirst() {
      lines[lines.count - 1] += ","
      // (The character after the last name is a comma or a parenthesis.)
      if lines[lines.count - 1].count + name.count + 2 <= width {
        lines[lines.count - 1] += " " + name
      } else {
        lines.append("  " + name)
      }
    }
    lines[lines.count - 1] += ")"
    return lines
  }

  /// The table of the documentation. A row that is too long goes on in the next one.
  static func documentation(of table: Table) -> [String] {
    var rows = ["/// | method | protocol | C callback |", "/// |---|---|---|"]
    for operation in table.operations {
      let methods = operation.methods.map { "`\($0)`" }.joined(separator: ", ")
      var row = "/// | \(methods) | `\(operation.conformance)` | "
      var cells: [String] = []
      for callback in operation.documentation {
        let longer = row + (cells + [callback]).joined(separator: ", ")
        if longer.count + 3 > width {
          rows.append(row + cells.joined(separator: ", ") + ", |")
          row = "/// | | | "
          cells = []
        }
        cells.append(callback)
      }
      rows.append(row + cells.joined(separator: ", ") + " |")
    }
    return rows
  }

  /// The methods that are not in their protocols: no macro would find them.
  static func missingMethods(_ macro: DriverMacro) throws -> [String] {
    var text = ""
    let folder = "Sources/\(macro.module)"
    for file in try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
    where file.hasSuffix(".swift") {
      text += try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
    }
    return macro.operations.flatMap { operation -> [String] in
      guard
        let start = text.range(
          of: "(?m)^public protocol \(operation.conformance)\\b", options: .regularExpression),
        let end = text.range(of: "\n}\n", range: start.upperBound..<text.endIndex)
      else { return ["\(description): no protocol '\(operation.conformance)' in \(folder)"] }
      let body = text[start.upperBound..<end.lowerBound]
      return operation.methods.filter {
        let declaration = $0 == "init" ? "init\\(" : "(func|var) \($0)\\b"
        return body.range(of: declaration, options: .regularExpression) == nil
      }
      .map { "\(description): the protocol '\(operation.conformance)' has no '\($0)'" }
    }
  }

  /// The header that asserts the offsets of all tables.
  static func offsets() -> String {
    var lines = [
      "/* SPDX-License-Identifier: GPL-2.0-only */",
      "/*",
      " * The callbacks of each C table are where the Swift table has them. `make format` writes this",
      " * file from \(description).",
      " */",
      "#ifndef APUS_TABLES_H",
      "#define APUS_TABLES_H",
      "",
      "#define APUS_CALLBACK(table, callback, before, index) \\",
      "\tstatic_assert(offsetof(struct table, callback) == (before) + (index) * sizeof(void *))",
    ]
    var types: Set<String> = []
    for table in Operations.drivers.flatMap(\.tables) where types.insert(table.type).inserted {
      let module = Operations.drivers.first { $0.tables.contains { $0.type == table.type } }?.module
      lines += ["", "/* \(module ?? "").\(table.type) */"]
      let fields = Operations.fields(of: table.type).map(\.callback.c)
      for (index, field) in (fields + (table.next.map { [$0] } ?? [])).enumerated() {
        lines.append("APUS_CALLBACK(\(table.c), \(field), \(table.offset), \(index));")
      }
      // (A table with something in front of the callbacks also has something behind them.)
      if table.next == nil {
        lines.append(
          "static_assert(sizeof(struct \(table.c)) == \(fields.count) * sizeof(void *));")
      }
    }
    return (lines + ["", "#endif", ""]).joined(separator: "\n")
  }
}
