// SPDX-License-Identifier: GPL-2.0-only
// @ConfigurationItem: the attributes and callbacks of an item of configfs.

import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// Writes the C callbacks for the members that are marked `@Attribute`, `@Show` and `@Store`, and adds what is marked `@Group`.
public struct ConfigurationItemMacro: MemberMacro {
  /// The callbacks of one attribute.
  private struct Entry {
    var show: String?
    var store: String?
    var condition: String?
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
    // (Not by its name, which may be another type's within its body.)
    let item = "Self"
    let adapter = "Kernel.ConfigurationAdapter<\(item)>"
    var entries: [(name: String, entry: Entry)] = []
    func update(_ name: String, at attribute: AttributeSyntax, _ change: (inout Entry) -> Bool) {
      let index = entries.firstIndex { $0.name == name } ?? entries.count
      let isFirst = index == entries.count
      if isFirst { entries.append((name, Entry())) }
      if !change(&entries[index].entry) {
        context.complain(attribute, "the attribute '\(name)' has two methods or settings for the same")
      }
      let condition = attribute.argumentList.first { $0.label?.text == "when" }?.expression.trimmedDescription
      if isFirst {
        entries[index].entry.condition = condition
      } else if entries[index].entry.condition != condition {
        context.complain(attribute, "the two methods of the attribute '\(name)' have two conditions")
      }
    }
    var groups: [(name: String, property: String)] = []

    for member in context.members(of: type) {
      if let variable = member.decl.as(VariableDeclSyntax.self),
        let attribute = variable.attribute("Attribute", in: variable.attributes),
        let name = attribute.text(at: 0),
        let property = variable.bindings.first?.pattern.as(IdentifierPatternSyntax.self)?.identifier.text
      {
        let range = attribute.argumentList.first { $0.label?.text == "in" }?.expression
        let isReadOnly =
          attribute.argumentList.first { $0.label?.text == "writable" }?.expression.trimmedDescription == "false"
        var check = ""
        if let range {
          guard let (lower, upper) = context.bounds(of: range) else { continue }
          check = "\n      guard value >= (\(lower)), value <= (\(upper)) else { throw .invalidArgument }"
        }
        update(name, at: attribute) { entry in
          guard entry.show == nil, entry.store == nil else { return false }
          entry.show = """
            { unsafe \(adapter).show($0, $1) {
                  (item: borrowing \(item), writer: inout Kernel.TextWriter) throws(Kernel.Errno) in
                  item.\(property).show(&writer)
                  writer.append("\\n")
                } }
            """
          if !isReadOnly {
            // The value, the check of its range, the item's leave, and then the change.
            entry.store = """
              { unsafe \(adapter).store($0, $1, $2) {
                    (item: borrowing \(item), text: borrowing Kernel.CString) throws(Kernel.Errno) in
                    let value = try item.\(property).parse(text)\(check)
                    try item.willChange("\(name)")
                    item.\(property).set(value)
                  } }
              """
          }
          return true
        }
      }
      if let variable = member.decl.as(VariableDeclSyntax.self),
        let attribute = variable.attribute("Group", in: variable.attributes), let name = attribute.text(at: 0),
        let property = variable.bindings.first?.pattern.as(IdentifierPatternSyntax.self)?.identifier.text
      {
        if groups.contains(where: { $0.name == name || $0.property == property }) {
          context.complain(attribute, "'\(property)' or another group is a group named '\(name)' already")
        }
        groups.append((name, property))
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

    for group in groups where entries.contains(where: { $0.name == group.name }) {
      context.complain(node, "an attribute and a group are both named '\(group.name)'")
    }

    let calls = entries.map { name, entry in
      let call = "unsafe type.add(\"\(name)\",\n    show: \(entry.show ?? "nil"),\n    store: \(entry.store ?? "nil"))"
      return entry.condition.map { "if \($0) {\n    \(call)\n  }" } ?? call
    }
    let additions = groups.map { name, property in "try unsafe parent.add(\"\(name)\", item.\(property))" }
    var members: [DeclSyntax] = [
      "static var attributeCount: Int { \(raw: entries.count) }",
      """
      @unsafe static func describe(_ type: borrowing Kernel.ConfigurationType) {
        \(raw: calls.joined(separator: "\n  "))
      }
      """,
      """
      @unsafe static func addGroups(
        of item: borrowing \(raw: item), to parent: borrowing Kernel.ConfigurationParent
      ) throws(Kernel.Errno) {
        \(raw: additions.joined(separator: "\n  "))
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
    let isGroup = node.name == "Group"
    let wantsProperty = node.name == "Attribute" || isGroup
    let variable = declaration.as(VariableDeclSyntax.self)
    if wantsProperty != (variable != nil) {
      let place = isGroup ? "'let' of a group" : wantsProperty ? "'let' of a 'Setting'" : "method"
      context.complain(node, "'@\(node.name)' can only be attached to a \(place)")
    } else if !isFileName(node.text(at: 0) ?? "") {
      context.complain(node, "'@\(node.name)' needs a name of letters, digits, '_', '-' and '.'")
    } else if isGroup, variable?.bindingSpecifier.text != "let" {
      // What is stored once is in one directory.
      context.complain(node, "a group is a stored 'let'")
    }
    return []
  }
}
