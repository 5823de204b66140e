// SPDX-License-Identifier: GPL-2.0-only
// @ConfigurationItem: the attributes and callbacks of an item of configfs.

import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// Writes the C callbacks for the members that are marked `@Attribute`, `@Show` and `@Store`.
public struct ConfigurationItemMacro: MemberMacro {
  /// The callbacks of one attribute.
  private struct Entry {
    var show: String?
    var store: String?
  }

  public static func expansion(
    of node: AttributeSyntax, providingMembersOf declaration: some DeclGroupSyntax,
    conformingTo protocols: [TypeSyntax], in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    guard let type = declaration.as(StructDeclSyntax.self) else {
      context.complain(node, "'@ConfigurationItem' can only be attached to a struct")
      return []
    }
    if let generics = type.genericParameterClause {
      context.complain(
        generics, "an item cannot be generic: a C function pointer cannot be formed from generic code")
      return []
    }
    let item = type.name.text
    let adapter = "Kernel.ConfigurationAdapter<\(item)>"
    var entries: [(name: String, entry: Entry)] = []
    func update(_ name: String, at place: some SyntaxProtocol, _ change: (inout Entry) -> Bool) {
      let index = entries.firstIndex { $0.name == name } ?? entries.count
      if index == entries.count { entries.append((name, Entry())) }
      if !change(&entries[index].entry) {
        context.complain(place, "the attribute '\(name)' has two methods or settings for the same")
      }
    }

    for member in type.memberBlock.members {
      if let variable = member.decl.as(VariableDeclSyntax.self),
        let attribute = variable.attribute("Attribute", in: variable.attributes),
        let name = attribute.text(at: 0),
        let property = variable.bindings.first?.pattern.as(IdentifierPatternSyntax.self)?.identifier.text
      {
        let range = attribute.argumentList.first { $0.label?.text == "in" }?.expression.trimmedDescription
        let isReadOnly =
          attribute.argumentList.first { $0.label?.text == "writable" }?.expression.trimmedDescription == "false"
        let accepts = range.map { "{ value in (\($0)).contains(value) }" } ?? "{ _ in true }"
        update(name, at: attribute) { entry in
          guard entry.show == nil, entry.store == nil else { return false }
          entry.show = "{ unsafe \(adapter).show($0, $1) { item in item.\(property).value } }"
          if !isReadOnly {
            entry.store =
              "{ unsafe \(adapter).store($0, $1, $2, \"\(name)\", \(accepts)) { item, value in item.\(property).set(value) } }"
          }
          return true
        }
      }
      guard let function = member.decl.as(FunctionDeclSyntax.self) else { continue }
      let method = function.name.text
      if let attribute = function.attribute("Show", in: function.attributes), let name = attribute.text(at: 0) {
        update(name, at: attribute) { entry in
          guard entry.show == nil else { return false }
          entry.show = """
            { unsafe \(adapter).show($0, $1) {
                  (item: borrowing \(item), writer: inout Kernel.TextWriter) throws(Kernel.Errno) in try item.\(method)(&writer)
                } }
            """
          return true
        }
      }
      if let attribute = function.attribute("Store", in: function.attributes), let name = attribute.text(at: 0) {
        update(name, at: attribute) { entry in
          guard entry.store == nil else { return false }
          entry.store = """
            { unsafe \(adapter).store($0, $1, $2) {
                  (item: borrowing \(item), text: borrowing Kernel.CString) throws(Kernel.Errno) in try item.\(method)(text)
                } }
            """
          return true
        }
      }
    }

    let calls = entries.map { name, entry in
      "unsafe type.add(\"\(name)\",\n    show: \(entry.show ?? "nil"),\n    store: \(entry.store ?? "nil"))"
    }
    var members: [DeclSyntax] = [
      "static var attributeCount: Int { \(raw: entries.count) }",
      """
      @unsafe static func describe(_ type: borrowing Kernel.ConfigurationType) {
        \(raw: calls.joined(separator: "\n  "))
      }
      """,
      "@unsafe static var release: Kernel.ConfigurationType.Release { { unsafe \(raw: adapter).release($0) } }",
    ]
    let isMade = type.inheritanceClause?.inheritedTypes.contains {
      $0.type.trimmedDescription.hasSuffix("MadeConfigurationItem")
    }
    if isMade == true {
      members += [
        "@unsafe static var make: Kernel.ConfigurationType.Make { { unsafe \(raw: adapter).make($0, $1) } }",
        "@unsafe static var drop: Kernel.ConfigurationType.Drop { { unsafe \(raw: adapter).drop($0, $1) } }",
      ]
    }
    return members
  }
}

/// A mark on a member with a name alone, which `@ConfigurationItem` reads.
public struct AttributeMarkMacro: PeerMacro {
  public static func expansion(
    of node: AttributeSyntax, providingPeersOf declaration: some DeclSyntaxProtocol,
    in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    let wantsProperty = node.name == "Attribute"
    if wantsProperty != declaration.is(VariableDeclSyntax.self) {
      context.complain(
        node, "'@\(node.name)' can only be attached to a \(wantsProperty ? "'let' of a 'Setting'" : "method")")
    } else if !isIdentifier(node.text(at: 0) ?? "") {
      context.complain(node, "'@\(node.name)' needs a name of letters, digits and '_'")
    }
    return []
  }
}
