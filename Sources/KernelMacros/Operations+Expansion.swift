// SPDX-License-Identifier: GPL-2.0-only
// What the macros for drivers have in common: the tables, from the description in Operations.swift.

import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

extension MacroExpansionContext {
  /// The struct that a macro is attached to. Reports an error and returns nil if the declaration is
  /// not a struct, or is generic.
  func plainStruct(
    _ declaration: some DeclGroupSyntax, of node: AttributeSyntax, _ noun: String
  ) -> StructDeclSyntax? {
    guard let type = declaration.as(StructDeclSyntax.self) else {
      complain(node, "'@\(node.name)' can only be attached to a struct")
      return nil
    }
    if let generics = type.genericParameterClause {
      complain(
        generics,
        "\(noun) cannot be generic: a C function pointer cannot be formed from generic code")
      return nil
    }
    return type
  }
}

extension StructDeclSyntax {
  /// The method with the given name in the type's body, or nil.
  func method(_ name: String) -> FunctionDeclSyntax? {
    for member in memberBlock.members {
      if let method = member.decl.as(FunctionDeclSyntax.self), method.name.plainName == name {
        return method
      }
    }
    return nil
  }

  /// The names of the methods in the type's body.
  var methodNames: Set<String> {
    Set(memberBlock.members.compactMap { $0.decl.as(FunctionDeclSyntax.self)?.name.plainName })
  }

  /// Whether the type's body declares a type with the given name.
  func declares(_ name: String) -> Bool {
    memberBlock.members.contains { member in
      member.decl.as(TypeAliasDeclSyntax.self)?.name.plainName == name
        || member.decl.as(StructDeclSyntax.self)?.name.plainName == name
    }
  }
}

extension DriverMacro {
  /// The struct that the macro is attached to, or nil after an error. See `plainStruct`.
  func type(
    _ declaration: some DeclGroupSyntax, of node: AttributeSyntax,
    in context: some MacroExpansionContext
  ) -> StructDeclSyntax? {
    context.plainStruct(declaration, of: node, "a \(noun)")
  }

  /// The static variable with a table, and the property that gives its address. The list is empty
  /// if the table is optional, and the type has none of its operations.
  func members(for table: Table, of type: StructDeclSyntax) -> [DeclSyntax] {
    let arguments = table.operations.flatMap { operation in
      operation.callbacks.compactMap { callback in
        callback.calls.first { $0.applies(to: operation, of: type) }
          .map { "\(callback.name): \(closure(callback, $0, table))" }
      }
    }
    if table.isOptional, arguments.isEmpty { return [] }
    let tableType = "\(module)::\(table.type)<Self>"
    let pointer = "Swift::\(table.pointer)<\(tableType)>\(table.isOptional ? "?" : "")"
    return [
      """
      nonisolated(unsafe) private static var \(raw: table.storage) = unsafe \(raw: tableType).\(raw: module)::init(
        \(raw: arguments.joined(separator: ",\n  ")))
      """,
      """
      @unsafe static var \(raw: table.property): \(raw: pointer) {
        unsafe \(raw: adapter(table))address(of: &\(raw: table.storage))
      }
      """,
    ]
  }

  /// The functions that compile only if the type has no data that it does not make.
  func missingData(_ type: StructDeclSyntax) -> [DeclSyntax] {
    data.filter { type.method("make\($0)") == nil }.map { data in
      """
      private static func \(raw: missing(data))() { \(raw: adapter(tables[0]))hasNo\(raw: data)() }
      """
    }
  }

  /// A conformance for each operation that the body implements, unless the type declares it itself.
  func conformances(
    _ declaration: some DeclGroupSyntax, _ type: some TypeSyntaxProtocol, _ protocols: [TypeSyntax]
  ) -> [ExtensionDeclSyntax] {
    guard let structure = declaration.as(StructDeclSyntax.self),
      structure.genericParameterClause == nil
    else { return [] }
    let methods = structure.methodNames
    let wanted = protocols.map(\.trimmedDescription).map {
      $0.split(separator: ".").last.map(String.init) ?? $0
    }
    let conformances = operations.filter {
      !$0.isRequired && $0.isImplemented(by: methods) && wanted.contains($0.conformance)
    }
    .map { "\(module)::\($0.conformance)" }
    if conformances.isEmpty { return [] }
    let declaration: DeclSyntax =
      "extension \(type.trimmed): \(raw: conformances.joined(separator: ", ")) {}"
    return declaration.as(ExtensionDeclSyntax.self).map { [$0] } ?? []
  }

  /// The adapter of a table, up to the name of a function.
  func adapter(_ table: Table) -> String { "\(module)::\(table.adapter)<Self>.\(module)::" }

  private func closure(_ callback: Callback, _ call: Call, _ table: Table) -> String {
    let arguments =
      call.arguments ?? (0..<callback.count).map { "$\($0)" }.joined(separator: ", ")
    return "{ \(call.parameters)unsafe \(adapter(table))\(call.function)(\(arguments)) }"
  }
}

extension Call {
  /// Whether the type's table has this call, if it has no earlier one of the field.
  func applies(to operation: Operation, of type: StructDeclSyntax) -> Bool {
    switch condition {
    case .isImplemented: operation.isRequired || operation.isImplemented(by: type.methodNames)
    case .always: true
    case .method(let name): type.method(name) != nil
    case .type(let name): type.declares(name)
    }
  }
}
