// SPDX-License-Identifier: GPL-2.0-only
// @Parameter: a module parameter. @Command and @Report: marks that `@KernelModule` reads.

import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// A parameter's declaration, which both macros read from the same syntax.
struct ParameterDeclaration {
  enum Kind {
    case integer(lower: String, upper: String), boolean, string
    case kernelInteger(KernelInteger, (lower: String, upper: String)?)
  }

  /// An integer type that the kernel's own parameters have.
  struct KernelInteger {
    let swift: String
    let c: String

    init?(_ name: String) {
      switch name {
      case "Int32": c = "int"
      case "UInt32": c = "uint"
      case "UInt": c = "ulong"
      default: return nil
      }
      swift = name
    }
  }

  let name: String
  let help: String
  let kind: Kind
  let property: String
  let initialValue: String
  let isWritable: Bool
  /// The C preprocessor condition under which the parameter exists, or nil if it always exists.
  let condition: String?
  /// Whether the macro has checked that the initial value is in the range. If not, the module
  /// checks it when it is loaded.
  private(set) var isCheckedHere = false

  /// Reads a declaration. If there is a context, errors are reported there.
  init?(
    _ attribute: AttributeSyntax, _ variable: VariableDeclSyntax,
    in context: (any MacroExpansionContext)? = nil
  ) {
    guard let name = attribute.text(at: 0), let help = attribute.text(at: 1) else {
      context?.complain(
        attribute, "'@Parameter' needs a name and a help text, both plain string literals")
      return nil
    }
    guard isIdentifier(name) else {
      context?.complain(
        attribute, "'\(name)' cannot be a parameter's name: use letters, digits and '_'")
      return nil
    }
    guard variable.modifiers.contains(where: { $0.name.text == "static" }),
      variable.bindingSpecifier.text == "var", variable.bindings.count == 1,
      let binding = variable.bindings.first,
      let pattern = binding.pattern.as(IdentifierPatternSyntax.self),
      let type = binding.typeAnnotation?.type,
      let value = binding.initializer?.value
    else {
      context?.complain(variable, "a parameter is a 'static var' with a type and an initial value")
      return nil
    }
    // The name becomes part of another identifier, without the backticks that it may have.
    guard isIdentifier(pattern.identifier.plainName) else {
      context?.complain(pattern, "a parameter's variable is named with letters, digits and '_'")
      return nil
    }
    let range = attribute.argumentList.first { $0.label?.text == "in" }?.expression
    switch type.trimmedDescription {
    case "Int":
      guard let range else {
        context?.complain(
          attribute, "an integer parameter needs the range that it may be set to: 'in: 1...64'")
        return nil
      }
      // Errors in literal bounds are reported here, errors in other bounds when the module is
      // loaded.
      guard let bounds = range.writtenBounds else {
        _ = context?.bounds(of: range)
        return nil
      }
      if let lower = bounds.lower.integerLiteral, let upper = bounds.upper.integerLiteral {
        if lower > upper {
          _ = context?.bounds(of: range)
          return nil
        }
        if let initial = value.integerLiteral, initial < lower || initial > upper {
          context?.complain(value, "the initial value is not in the range")
          return nil
        }
        isCheckedHere = value.integerLiteral != nil
      }
      kind = .integer(
        lower: bounds.lower.trimmedDescription, upper: bounds.upper.trimmedDescription)
    case let name where KernelInteger(name) != nil:
      guard let integer = KernelInteger(name) else { return nil }
      var written: (lower: String, upper: String)?
      if let range {
        guard let context else {
          written = range.writtenBounds.map {
            ($0.lower.trimmedDescription, $0.upper.trimmedDescription)
          }
          kind = .kernelInteger(integer, written)
          break
        }
        guard let bounds = context.bounds(of: range) else { return nil }
        written = (bounds.lower.trimmedDescription, bounds.upper.trimmedDescription)
      }
      kind = .kernelInteger(integer, written)
    case "Bool": kind = .boolean
    case "ParameterString": kind = .string
    default:
      context?.complain(
        type,
        "a parameter is an 'Int', 'Int32', 'UInt32' or 'UInt', a 'Bool' or a 'ParameterString'")
      return nil
    }
    switch kind {
    case .integer, .kernelInteger: break
    case .boolean, .string:
      if let range {
        context?.complain(range, "only an integer parameter has a range")
        return nil
      }
    }
    var conditions: [String] = []
    if let argument = attribute.argumentList.first(where: { $0.label?.text == "since" }) {
      let numbers =
        argument.expression.plainText?.split(separator: ".").compactMap { UInt8($0) } ?? []
      guard numbers.count == 2 else {
        context?.complain(argument, "a kernel's version is written as \"6.12\"")
        return nil
      }
      conditions.append("APUS_IS_AT_LEAST(\(numbers[0]), \(numbers[1]))")
    }
    if let argument = attribute.argumentList.first(where: { $0.label?.text == "config" }) {
      guard let option = argument.expression.plainText, isIdentifier(option) else {
        context?.complain(
          argument, "an option of the kernel's configuration is written without CONFIG_")
        return nil
      }
      conditions.append("IS_ENABLED(CONFIG_\(option))")
    }
    condition = conditions.isEmpty ? nil : conditions.joined(separator: " && ")
    self.name = name
    self.help = help
    property = pattern.identifier.plainName
    initialValue = value.trimmedDescription
    isWritable =
      attribute.argumentList.first { $0.label?.text == "writable" }?.expression.trimmedDescription
      == "true"
    if isWritable, case .string = kind {
      context?.complain(
        attribute, "a string parameter cannot be written at run time: its readers take no lock")
      return nil
    }
  }

  /// The name of the static variable that holds the value.
  var storage: String { "__parameter_\(property)" }
}

/// Writes a parameter's accessors, and beside it the static variable that holds the value.
///
/// `@KernelModule` writes the C callbacks that set and show that variable.
public struct ParameterMacro: AccessorMacro, PeerMacro {
  /// Returns the accessors: `get`, and `set` for an integer of the kernel's types.
  ///
  /// Returns nothing if the declaration is wrong; the expansion of the peers reports the error.
  public static func expansion(
    of node: AttributeSyntax, providingAccessorsOf declaration: some DeclSyntaxProtocol,
    in context: some MacroExpansionContext
  ) throws -> [AccessorDeclSyntax] {
    guard let variable = declaration.as(VariableDeclSyntax.self),
      let parameter = ParameterDeclaration(node, variable)
    else { return [] }
    switch parameter.kind {
    case .integer:
      return [
        "get { unsafe Kernel::ParameterAdapter.Kernel::integer(&\(raw: parameter.storage), as: Swift::Int.self) }"
      ]
    case .kernelInteger(let type, _):
      return [
        "get { unsafe Kernel::ParameterAdapter.Kernel::integer(&\(raw: parameter.storage), as: Swift::\(raw: type.swift).self) }",
        "set { unsafe Kernel::ParameterAdapter.Kernel::assign(&\(raw: parameter.storage), newValue) }",
      ]
    case .boolean:
      return ["get { unsafe Kernel::ParameterAdapter.Kernel::boolean(&\(raw: parameter.storage)) }"]
    case .string:
      return ["get { unsafe \(raw: parameter.storage) }"]
    }
  }

  /// Returns the static variable that holds the value: a word, or a `ParameterString`.
  ///
  /// Reports what is wrong with the declaration, and a parameter that is not in a struct with
  /// `@KernelModule`.
  public static func expansion(
    of node: AttributeSyntax, providingPeersOf declaration: some DeclSyntaxProtocol,
    in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    guard let variable = declaration.as(VariableDeclSyntax.self) else {
      context.complain(node, "'@Parameter' can only be attached to a 'static var'")
      return []
    }
    guard let parameter = ParameterDeclaration(node, variable, in: context) else { return [] }
    if !context.isInModule {
      context.complain(node, "a parameter stands in the struct that has '@KernelModule'")
    }
    switch parameter.kind {
    case .integer, .kernelInteger:
      return [
        "nonisolated(unsafe) static var \(raw: parameter.storage): Swift::UInt64 = Swift::UInt64.Swift::init(bitPattern: \(raw: parameter.initialValue))"
      ]
    case .boolean:
      return [
        "nonisolated(unsafe) static var \(raw: parameter.storage): Swift::UInt64 = (\(raw: parameter.initialValue)) ? 1 : 0"
      ]
    case .string:
      return [
        "nonisolated(unsafe) static var \(raw: parameter.storage): Kernel::ParameterString = \(raw: parameter.initialValue)"
      ]
    }
  }
}

/// A mark on a method. `@KernelModule` reads it.
public struct MarkMacro: PeerMacro {
  /// Returns nothing. Reports a mark that is not on a method, a bad name or help text, and a mark
  /// that is not in a struct with `@KernelModule`.
  public static func expansion(
    of node: AttributeSyntax, providingPeersOf declaration: some DeclSyntaxProtocol,
    in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    if !declaration.is(FunctionDeclSyntax.self) {
      context.complain(node, "'@\(node.name)' can only be attached to a method")
    } else if node.text(at: 1) == nil || !isIdentifier(node.text(at: 0) ?? "") {
      context.complain(
        node, "'@\(node.name)' needs a name of letters, digits and '_', and a help text")
    } else if !context.isInModule {
      context.complain(node, "'@\(node.name)' stands in the struct that has '@KernelModule'")
    }
    return []
  }
}
