// SPDX-License-Identifier: GPL-2.0-only
// @ConfigfsItem: the attributes and callbacks of a configfs item.

import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// Writes the C callbacks for the members that are marked `@Attribute`, `@Show` and `@Store`, and
/// adds the groups that are marked `@Group`.
public struct ConfigfsItemMacro: MemberMacro {
  /// The callbacks of one attribute.
  private struct Entry {
    var show: String?
    var store: String?
    var condition: String?
  }

  /// Returns the number of attributes, the functions that add the attributes and groups, and the C
  /// callback `release`; for an item that users make, `make` and `drop` too.
  ///
  /// Reports an error and returns nothing if the declaration is not a struct or is generic. Also
  /// reports a bad name or range, and two members that serve the same file or directory.
  public static func expansion(
    of node: AttributeSyntax, providingMembersOf declaration: some DeclGroupSyntax,
    conformingTo protocols: [TypeSyntax], in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    guard let type = context.plainStruct(declaration, of: node, "an item") else { return [] }
    // The code says `Self`, because inside the type's body the type's name may refer to another
    // type.
    let item = "Self"
    let adapter = "Kernel::ConfigfsAdapter<\(item)>.Kernel::"
    var entries: [(name: String, entry: Entry)] = []
    // The macro of the mark reports this error too, but its report does not stop this expansion.
    func isNamed(_ name: String, at attribute: AttributeSyntax) -> Bool {
      if isFileName(name) { return true }
      context.complain(
        attribute, "'@\(attribute.name)' needs a name of letters, digits, '_', '-' and '.'")
      return false
    }
    func update(_ name: String, at attribute: AttributeSyntax, _ change: (inout Entry) -> Bool) {
      guard isNamed(name, at: attribute) else { return }
      let index = entries.firstIndex { $0.name == name } ?? entries.count
      let isFirst = index == entries.count
      if isFirst { entries.append((name, Entry())) }
      if !change(&entries[index].entry) {
        context.complain(
          attribute, "the attribute '\(name)' has two methods or settings for the same")
      }
      let condition = attribute.argumentList.first { $0.label?.text == "when" }?.expression
        .trimmedDescription
      if isFirst {
        entries[index].entry.condition = condition
      } else if entries[index].entry.condition != condition {
        context.complain(
          attribute, "the two methods of the attribute '\(name)' have two conditions")
      }
    }
    var groups: [(name: String, property: String)] = []

    for member in context.members(of: type) {
      context.refuseOtherMarks(named: ["Attribute", "Show", "Store", "Group"], in: member)
      if let variable = member.decl.as(VariableDeclSyntax.self),
        let attribute = variable.attribute("Attribute", in: variable.attributes),
        let name = attribute.text(at: 0),
        let property = variable.bindings.first?.pattern.as(IdentifierPatternSyntax.self)?.identifier
          .text
      {
        let range = attribute.argumentList.first { $0.label?.text == "in" }?.expression
        let isReadOnly =
          attribute.argumentList.first { $0.label?.text == "writable" }?.expression
          .trimmedDescription == "false"
        var check = ""
        if let range {
          guard let (lower, upper) = context.bounds(of: range) else { continue }
          check = "\n      try \(adapter)check(__value, from: (\(lower)), through: (\(upper)))"
        }
        update(name, at: attribute) { entry in
          guard entry.show == nil, entry.store == nil else { return false }
          entry.show = """
            { unsafe \(adapter)show($0, $1) {
                  (__item: borrowing \(item), __writer: inout Kernel::TextWriter) throws(Kernel::Errno) in
                  __item.\(property).Kernel::show(&__writer)
                  __writer.Kernel::append("\\n")
                } }
            """
          if !isReadOnly {
            // The order is: parse the value, check its range, ask the item for permission, change
            // the value. The adapter holds the lock.
            entry.store = """
              { unsafe \(adapter)store($0, $1, $2) {
                    (__item: borrowing \(item), __text: borrowing Kernel::CString, __change: borrowing Kernel::ConfigfsChange) throws(Kernel::Errno) in
                    let __value = try __item.\(property).Kernel::parse(__text)\(check)
                    try __item.willChange("\(name)")
                    __item.\(property).Kernel::set(__value, __change)
                  } }
              """
          }
          return true
        }
      }
      if let variable = member.decl.as(VariableDeclSyntax.self),
        let attribute = variable.attribute("Group", in: variable.attributes),
        let name = attribute.text(at: 0),
        let property = variable.bindings.first?.pattern.as(IdentifierPatternSyntax.self)?.identifier
          .text
      {
        guard isNamed(name, at: attribute) else { continue }
        if groups.contains(where: { $0.name == name || $0.property == property }) {
          context.complain(
            attribute, "'\(property)' or another group is a group named '\(name)' already")
        }
        groups.append((name, property))
      }
      guard let function = member.decl.as(FunctionDeclSyntax.self) else { continue }
      let method = function.name.text
      if let attribute = function.attribute("Show", in: function.attributes),
        let name = attribute.text(at: 0)
      {
        update(name, at: attribute) { entry in
          guard entry.show == nil else { return false }
          entry.show = """
            { unsafe \(adapter)show($0, $1) {
                  (__item: borrowing \(item), __writer: inout Kernel::TextWriter) throws(Kernel::Errno) in try __item.\(method)(&__writer)
                } }
            """
          return true
        }
      }
      if let attribute = function.attribute("Store", in: function.attributes),
        let name = attribute.text(at: 0)
      {
        let arguments =
          function.signature.parameterClause.parameters.count > 1 ? "__text, __change" : "__text"
        update(name, at: attribute) { entry in
          guard entry.store == nil else { return false }
          entry.store = """
            { unsafe \(adapter)store($0, $1, $2) {
                  (__item: borrowing \(item), __text: borrowing Kernel::CString, __change: borrowing Kernel::ConfigfsChange) throws(Kernel::Errno) in try __item.\(method)(\(arguments))
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
      let call =
        "unsafe __type.Kernel::add(\"\(name)\",\n    show: \(entry.show ?? "nil"),\n    store: \(entry.store ?? "nil"))"
      // The driver's condition is bound to a constant first, so that no `unsafe` covers it.
      return entry.condition.map {
        "do {\n    let __condition: Swift::Bool = (\($0))\n    if __condition {\n    \(call)\n    }\n  }"
      } ?? call
    }
    let additions = groups.map { name, property in
      "try unsafe __parent.Kernel::add(\"\(name)\", __item.\(property))"
    }
    var members: [DeclSyntax] = [
      "static var attributeCount: Swift::Int { \(raw: entries.count) }",
      """
      @unsafe static func describe(_ __type: borrowing Kernel::ConfigfsType) {
        \(raw: calls.joined(separator: "\n  "))
      }
      """,
      """
      @unsafe static func addGroups(
        of __item: borrowing \(raw: item), to __parent: borrowing Kernel::ConfigfsParent
      ) throws(Kernel::Errno) {
        \(raw: additions.joined(separator: "\n  "))
      }
      """,
      """
      @unsafe static var release: Kernel::ConfigfsRelease<\(raw: item)> {
        unsafe Kernel::ConfigfsRelease<\(raw: item)>.Kernel::init({ unsafe \(raw: adapter)release($0) })
      }
      """,
    ]
    let isMade = type.inheritanceClause?.inheritedTypes.contains {
      $0.type.trimmedDescription.hasSuffix("CreatedConfigfsItem")
    }
    if isMade == true {
      members += [
        """
        @unsafe static var make: Kernel::ConfigfsMake<\(raw: item)> {
          unsafe Kernel::ConfigfsMake<\(raw: item)>.Kernel::init({ unsafe \(raw: adapter)make($0, $1) })
        }
        """,
        """
        @unsafe static var drop: Kernel::ConfigfsDrop<\(raw: item)> {
          unsafe Kernel::ConfigfsDrop<\(raw: item)>.Kernel::init({ unsafe \(raw: adapter)drop($0, $1) })
        }
        """,
      ]
    }
    return members
  }
}

/// A mark on a member of a configfs item. `@ConfigfsItem` reads it.
public struct AttributeMarkMacro: PeerMacro {
  /// Returns nothing. Reports a mark on the wrong kind of member, a bad name, and a group that is
  /// not a `let`.
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
      // A stored `let` never changes, so the group stays in one directory.
      context.complain(node, "a group is a stored 'let'")
    }
    return []
  }
}
