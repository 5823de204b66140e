// SPDX-License-Identifier: GPL-2.0-only
// @KernelModule: a module's entry, exit, parameters and information.

import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// Writes, beside the module's type, the functions that the C glue calls
/// (Sources/CKernel/module.c), and the records that the build compiles into the glue.
///
/// The records are C text in a section of their own. Kbuild extracts that section from the object.
public struct KernelModuleMacro: PeerMacro {
  /// Returns the module's variable, the four functions that C calls, and the constants with the
  /// records.
  ///
  /// Reports an error and returns nothing if the declaration is not a struct, if it is inside
  /// another declaration, or if the author, description or version is missing. Also reports bad and
  /// repeated names of parameters, and records that are too long.
  public static func expansion(
    of node: AttributeSyntax, providingPeersOf declaration: some DeclSyntaxProtocol,
    in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    guard let type = declaration.as(StructDeclSyntax.self) else {
      context.complain(node, "'@KernelModule' can only be attached to a struct")
      return []
    }
    if !context.lexicalContext.isEmpty {
      context.complain(
        node, "'@KernelModule' stands at a struct that is in no other type: C calls what it writes")
      return []
    }
    var records: [String] = []
    var hasNUL = false
    // A text of the module's information. What follows a NUL would be an entry of its own.
    func information(_ text: String) -> String {
      if text.utf8.contains(0) { hasNUL = true }
      return cLiteral(text)
    }
    for (label, macro) in [
      ("author", "MODULE_AUTHOR"), ("description", "MODULE_DESCRIPTION"),
      ("version", "MODULE_VERSION"),
    ] {
      guard let text = node.text(label), !text.isEmpty else {
        context.complain(node, "'@KernelModule' needs '\(label):', a plain string literal")
        return []
      }
      records.append("\(macro)(\(information(text)));\n")
    }
    records.append("MODULE_LICENSE(\"GPL\");\n")
    if let alias = node.text("alias") { records.append("MODULE_ALIAS(\(information(alias)));\n") }

    let module = type.name.text
    var sets: [String] = []
    var gets: [String] = []
    var checks: [String] = []
    var names: Set<String> = []
    var index = 0
    func add(
      _ name: String, _ help: String, _ macro: String, at place: some SyntaxProtocol,
      when condition: String? = nil
    ) {
      // The name is written into the C text unchanged.
      if !isIdentifier(name) {
        return context.complain(place, "'\(name)' cannot be a name: use letters, digits and '_'")
      }
      if !names.insert(name).inserted {
        context.complain(place, "two parameters are named '\(name)'")
      }
      let record = "\(macro)(\(index), \(name), \(information(help)))\n"
      records.append(condition.map { "#if \($0)\n\(record)#endif\n" } ?? record)
      index += 1
    }
    let adapter = "Kernel::ParameterAdapter.Kernel::"
    // The code for one parameter. It is an `if`, not a `switch`, because the operator that a
    // `switch` uses could be the driver's.
    func entry(_ statements: [String]) -> String {
      (["if Kernel::ModuleAdapter.Kernel::isParameter(__index, \(index)) {"]
        + statements.map { "  \($0)" } + ["}"])
        .joined(separator: "\n  ")
    }
    // Binds each bound that the driver wrote in a statement of its own, so that no `unsafe` covers
    // it.
    func bind(_ bounds: (lower: String, upper: String), _ type: String) -> [String] {
      ["let __lower: \(type) = (\(bounds.lower))", "let __upper: \(type) = (\(bounds.upper))"]
    }
    for member in context.members(of: type) {
      context.refuseOtherMarks(named: ["Parameter", "Command", "Report"], in: member)
      if let variable = member.decl.as(VariableDeclSyntax.self),
        let attribute = variable.attribute("Parameter", in: variable.attributes),
        let parameter = ParameterDeclaration(attribute, variable)
      {
        let storage = "&\(module).\(parameter.storage)"
        let name = "name: \(cSafeLiteral(parameter.name))"
        let suffix = parameter.isWritable ? "_WRITABLE" : ""
        switch parameter.kind {
        case .integer(let lower, let upper):
          let bounds = bind((lower, upper), "Swift::Int")
          let range = "from: __lower, through: __upper"
          sets.append(
            entry(
              bounds + ["return unsafe \(adapter)set(\(storage), \(name), to: __text, \(range))"]))
          if !parameter.isCheckedHere {
            checks.append(
              (["do {"]
                + (bounds + [
                  "guard unsafe \(adapter)check(\(storage), \(name), \(range)) else {",
                  "  return Kernel::Errno.Kernel::invalidArgument.Kernel::kernelResult", "}",
                ]).map { "  \($0)" } + ["}"]).joined(separator: "\n  "))
          }
          gets.append(entry(["return unsafe \(adapter)show(\(storage), __buffer)"]))
          add(
            parameter.name, parameter.help, "APUS_INTEGER\(suffix)", at: attribute,
            when: parameter.condition)
        case .kernelInteger(let type, let bounds):
          let swift = "Swift::\(type.swift)"
          let range = bounds ?? ("\(swift).Swift::min", "\(swift).Swift::max")
          sets.append(
            entry(
              bind(range, swift) + [
                "return unsafe \(adapter)set(\(storage), \(name), as: \(swift).self, to: __text, from: __lower, through: __upper)"
              ]))
          gets.append(
            entry(["return unsafe \(adapter)show(\(storage), as: \(swift).self, __buffer)"]))
          add(
            parameter.name, parameter.help, "APUS_\(type.c.uppercased())\(suffix)", at: attribute,
            when: parameter.condition)
        case .boolean:
          sets.append(
            entry(["return unsafe \(adapter)set(\(storage), \(name), toBoolean: __text)"]))
          gets.append(entry(["return unsafe \(adapter)show(boolean: \(storage), __buffer)"]))
          add(
            parameter.name, parameter.help, "APUS_BOOLEAN\(suffix)", at: attribute,
            when: parameter.condition)
        case .string:
          sets.append(entry(["return unsafe \(adapter)set(\(storage), \(name), to: __text)"]))
          gets.append(
            entry(["return unsafe \(adapter)show(\(module).\(parameter.storage), __buffer)"]))
          add(
            parameter.name, parameter.help, "APUS_STRING", at: attribute, when: parameter.condition)
        }
      }
      guard let function = member.decl.as(FunctionDeclSyntax.self) else { continue }
      let method = function.name.text
      if let attribute = function.attribute("Command", in: function.attributes),
        let name = attribute.text(at: 0), let help = attribute.text(at: 1)
      {
        sets.append(
          entry([
            "return unsafe Kernel::ModuleAdapter.Kernel::command(&__apus_module, __text) {",
            "    (__module: inout \(module), __text: borrowing Kernel::CString) throws(Kernel::Errno) in",
            "    try __module.\(method)(__text)",
            "  }",
          ]))
        add(name, help, "APUS_COMMAND", at: attribute)
      }
      if let attribute = function.attribute("Report", in: function.attributes),
        let name = attribute.text(at: 0), let help = attribute.text(at: 1)
      {
        gets.append(
          entry([
            "return unsafe Kernel::ModuleAdapter.Kernel::report(__apus_module, __buffer) {",
            "    (__module: borrowing \(module), __writer: inout Kernel::TextWriter) in",
            "    __module.\(method)(&__writer)",
            "  }",
          ]))
        add(name, help, "APUS_REPORT", at: attribute)
      }
    }

    let invalid = "return Kernel::Errno.Kernel::invalidArgument.Kernel::kernelResult"
    if hasNUL {
      context.complain(
        node, "the texts of '@KernelModule' and of its parameters have no NUL: it would end them")
    }
    return [
      "nonisolated(unsafe) private var __apus_module: \(raw: module)? = nil",
      """
      @unsafe @c(apus_module_start) func __apus_module_start() -> Swift::CInt {
        \(raw: checks.map { "\($0)\n  " }.joined())\
      return unsafe Kernel::ModuleAdapter.Kernel::start(&__apus_module)
      }
      """,
      """
      @unsafe @c(apus_module_stop) func __apus_module_stop() {
        unsafe Kernel::ModuleAdapter.Kernel::stop(&__apus_module)
      }
      """,
      """
      @unsafe @c(apus_parameter_set) func __apus_parameter_set(
        _ __index: Swift::CUnsignedInt, _ __text: Swift::UnsafePointer<Swift::CChar>?
      ) -> Swift::CInt {
        \(raw: (sets + [invalid]).joined(separator: "\n  "))
      }
      """,
      """
      @unsafe @c(apus_parameter_get) func __apus_parameter_get(
        _ __index: Swift::CUnsignedInt, _ __buffer: Swift::UnsafeMutablePointer<Swift::CChar>?
      ) -> Swift::CInt {
        \(raw: (gets + [invalid]).joined(separator: "\n  "))
      }
      """,
    ] + modinfo(records, at: node, in: context)
  }

  /// The names of the constants that hold the records: as many as the declaration of
  /// `@KernelModule` lists.
  private static let constants = ["__modinfo"] + (1..<16).map { "__modinfo\($0)" }

  /// The records as constants. Each is short, because the compiler does not treat a large tuple as
  /// a constant.
  private static func modinfo(
    _ records: [String], at node: AttributeSyntax, in context: some MacroExpansionContext
  ) -> [DeclSyntax] {
    var parts = [""]
    for record in records {
      if parts[parts.count - 1].utf8.count + record.utf8.count > 1024 { parts.append("") }
      parts[parts.count - 1] += record
    }
    if parts.count > constants.count {
      context.complain(node, "the parameters and their help texts are too long")
    }
    return zip(constants, parts).map { name, text in
      "@section(\".init.apus\") @used private let \(raw: name): \(raw: words(of: text))"
    }
  }

  /// The type and the value of a constant that holds a text.
  ///
  /// The value is a tuple of words, padded with newlines, because a static variable with a section
  /// accepts only integer literals.
  static func words(of text: String) -> String {
    var bytes = Array(text.utf8)
    while bytes.count % 8 != 0 || bytes.count < 16 { bytes.append(UInt8(ascii: "\n")) }
    var words: [String] = []
    for start in stride(from: 0, to: bytes.count, by: 8) {
      let word = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << (8 * UInt64($1)) }
      words.append("0x" + String(word, radix: 16))
    }
    let type = Array(repeating: "Swift::UInt64", count: words.count).joined(separator: ", ")
    return "(\(type)) = (\(words.joined(separator: ", ")))"
  }

  /// A name that has been checked, as a Swift string literal.
  private static func cSafeLiteral(_ name: String) -> String { "\"\(name)\"" }
}
