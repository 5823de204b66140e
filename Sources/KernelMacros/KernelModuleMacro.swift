// SPDX-License-Identifier: GPL-2.0-only
// @KernelModule: a module's entry, exit, parameters and information.

import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// Writes, beside the module's type, the functions that the C glue calls (Sources/CKernel/module.c), and the records
/// that the build compiles into it: C text in a section of its own, which Kbuild takes out of the object.
public struct KernelModuleMacro: PeerMacro {
  public static func expansion(
    of node: AttributeSyntax, providingPeersOf declaration: some DeclSyntaxProtocol,
    in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    guard let type = declaration.as(StructDeclSyntax.self) else {
      context.complain(node, "'@KernelModule' can only be attached to a struct")
      return []
    }
    var records: [String] = []
    for (label, macro) in [
      ("author", "MODULE_AUTHOR"), ("description", "MODULE_DESCRIPTION"), ("version", "MODULE_VERSION"),
    ] {
      guard let text = node.text(label), !text.isEmpty else {
        context.complain(node, "'@KernelModule' needs '\(label):', a plain string literal")
        return []
      }
      records.append("\(macro)(\(cLiteral(text)));\n")
    }
    records.append("MODULE_LICENSE(\"GPL\");\n")
    if let alias = node.text("alias") { records.append("MODULE_ALIAS(\(cLiteral(alias)));\n") }

    let module = type.name.text
    var sets: [String] = []
    var gets: [String] = []
    var checks: [String] = []
    var names: Set<String> = []
    var index = 0
    func add(
      _ name: String, _ help: String, _ macro: String, at place: some SyntaxProtocol, when condition: String? = nil
    ) {
      if !names.insert(name).inserted { context.complain(place, "two parameters are named '\(name)'") }
      let record = "\(macro)(\(index), \(name), \(cLiteral(help)))\n"
      records.append(condition.map { "#if \($0)\n\(record)#endif\n" } ?? record)
      index += 1
    }
    for member in context.members(of: type) {
      if let variable = member.decl.as(VariableDeclSyntax.self),
        let attribute = variable.attribute("Parameter", in: variable.attributes),
        let parameter = ParameterDeclaration(attribute, variable)
      {
        let storage = "&\(module).\(parameter.storage)"
        let name = "name: \(cSafeLiteral(parameter.name))"
        let suffix = parameter.isWritable ? "_WRITABLE" : ""
        switch parameter.kind {
        case .integer(let lower, let upper):
          let bounds = "from: \(lower), through: \(upper)"
          sets.append(
            "case \(index): return unsafe Kernel.ParameterAdapter.set(\(storage), \(name), to: text, \(bounds))")
          if !parameter.isCheckedHere {
            checks.append("unsafe Kernel.ParameterAdapter.check(\(storage), \(name), \(bounds))")
          }
          gets.append("case \(index): return unsafe Kernel.ParameterAdapter.show(\(storage), buffer)")
          add(parameter.name, parameter.help, "APUS_INTEGER\(suffix)", at: attribute, when: parameter.condition)
        case .kernelInteger(let type, let bounds):
          let range = bounds.map { "from: \($0.lower), through: \($0.upper)" } ?? "from: .min, through: .max"
          sets.append(
            "case \(index): return unsafe Kernel.ParameterAdapter.set(\(storage), \(name), as: \(type.swift).self, to: text, \(range))"
          )
          gets.append(
            "case \(index): return unsafe Kernel.ParameterAdapter.show(\(storage), as: \(type.swift).self, buffer)")
          add(
            parameter.name, parameter.help, "APUS_\(type.c.uppercased())\(suffix)", at: attribute,
            when: parameter.condition)
        case .boolean:
          sets.append("case \(index): return unsafe Kernel.ParameterAdapter.set(\(storage), \(name), toBoolean: text)")
          gets.append("case \(index): return unsafe Kernel.ParameterAdapter.show(boolean: \(storage), buffer)")
          add(parameter.name, parameter.help, "APUS_BOOLEAN\(suffix)", at: attribute, when: parameter.condition)
        case .string:
          sets.append("case \(index): return unsafe Kernel.ParameterAdapter.set(\(storage), \(name), to: text)")
          gets.append(
            "case \(index): return unsafe Kernel.ParameterAdapter.show(\(module).\(parameter.storage), buffer)")
          add(parameter.name, parameter.help, "APUS_STRING", at: attribute, when: parameter.condition)
        }
      }
      guard let function = member.decl.as(FunctionDeclSyntax.self) else { continue }
      let method = function.name.text
      if let attribute = function.attribute("Command", in: function.attributes),
        let name = attribute.text(at: 0), let help = attribute.text(at: 1)
      {
        sets.append(
          """
          case \(index): return unsafe Kernel.ModuleAdapter.command(&__apus_module, text) {
              (module: inout \(module), text: borrowing Kernel.CString) throws(Kernel.Errno) in
              try module.\(method)(text)
            }
          """)
        add(name, help, "APUS_COMMAND", at: attribute)
      }
      if let attribute = function.attribute("Report", in: function.attributes),
        let name = attribute.text(at: 0), let help = attribute.text(at: 1)
      {
        gets.append(
          """
          case \(index): return unsafe Kernel.ModuleAdapter.report(__apus_module, buffer) {
              (module: borrowing \(module), writer: inout Kernel.TextWriter) in
              module.\(method)(&writer)
            }
          """)
        add(name, help, "APUS_REPORT", at: attribute)
      }
    }

    return [
      "nonisolated(unsafe) private var __apus_module: \(raw: module)? = nil",
      """
      @unsafe @c(apus_module_start) func __apus_module_start() -> CInt {
        \(raw: checks.map { "guard \($0) else { return Kernel.Errno.invalidArgument.kernelResult }\n  " }.joined())\
      return unsafe Kernel.ModuleAdapter.start(&__apus_module)
      }
      """,
      """
      @unsafe @c(apus_module_stop) func __apus_module_stop() { unsafe Kernel.ModuleAdapter.stop(&__apus_module) }
      """,
      """
      @unsafe @c(apus_parameter_set) func __apus_parameter_set(_ index: CUnsignedInt, _ text: UnsafePointer<CChar>?) -> CInt {
        switch index {
        \(raw: sets.joined(separator: "\n  "))
        default: return Kernel.Errno.invalidArgument.kernelResult
        }
      }
      """,
      """
      @unsafe @c(apus_parameter_get) func __apus_parameter_get(_ index: CUnsignedInt, _ buffer: UnsafeMutablePointer<CChar>?) -> CInt {
        switch index {
        \(raw: gets.joined(separator: "\n  "))
        default: return Kernel.Errno.invalidArgument.kernelResult
        }
      }
      """,
    ] + modinfo(records, at: node, in: context)
  }

  /// The names of the constants that have the records: as many as `@KernelModule` is declared with.
  private static let constants = ["__modinfo"] + (1..<16).map { "__modinfo\($0)" }

  /// The records as constants, none too long for a compiler that takes a large tuple for no constant.
  private static func modinfo(
    _ records: [String], at node: AttributeSyntax, in context: some MacroExpansionContext
  ) -> [DeclSyntax] {
    var parts = [""]
    for record in records {
      if parts[parts.count - 1].utf8.count + record.utf8.count > 1024 { parts.append("") }
      parts[parts.count - 1] += record
    }
    if parts.count > constants.count { context.complain(node, "the parameters and their help texts are too long") }
    return zip(constants, parts).map { name, text in
      "@section(\".init.apus\") @used private let \(raw: name): \(raw: words(of: text))"
    }
  }

  /// The declaration's type and value for a text: a tuple of words, padded with newlines, because a static
  /// variable with a section takes integer literals only.
  static func words(of text: String) -> String {
    var bytes = Array(text.utf8)
    while bytes.count % 8 != 0 || bytes.count < 16 { bytes.append(UInt8(ascii: "\n")) }
    var words: [String] = []
    for start in stride(from: 0, to: bytes.count, by: 8) {
      let word = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << (8 * UInt64($1)) }
      words.append("0x" + String(word, radix: 16))
    }
    let type = Array(repeating: "UInt64", count: words.count).joined(separator: ", ")
    return "(\(type)) = (\(words.joined(separator: ", ")))"
  }

  /// A checked name as a Swift string literal.
  private static func cSafeLiteral(_ name: String) -> String { "\"\(name)\"" }
}
