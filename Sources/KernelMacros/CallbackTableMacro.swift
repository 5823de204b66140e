// SPDX-License-Identifier: GPL-2.0-only
// @CallbackTable: the fields of a library's table of callbacks, from Operations.swift.

import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// Writes the callbacks of a table, in C's order, and the initialiser that the macros' code calls.
///
/// The initialiser stores only the callbacks. Every other field of the table has a value where it
/// is declared.
public struct CallbackTableMacro: MemberMacro {
  /// Returns the struct with the callbacks, and the initialiser of the table.
  ///
  /// Reports an error and returns nothing if no table in Operations.swift has the struct's name.
  public static func expansion(
    of node: AttributeSyntax, providingMembersOf declaration: some DeclGroupSyntax,
    conformingTo protocols: [TypeSyntax], in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    guard let type = declaration.as(StructDeclSyntax.self),
      case let fields = Operations.fields(of: type.name.plainName), !fields.isEmpty
    else {
      context.complain(node, "'@CallbackTable' needs a struct with the name of a table")
      return []
    }
    let variables = fields.map { "var \($0.callback.name): (@convention(c) \($0.callback.type))?" }
    let parameters = fields.map { callback, isRequired in
      isRequired
        ? "\(callback.name): @escaping @convention(c) \(callback.type)"
        : "\(callback.name): (@convention(c) \(callback.type))? = nil"
    }
    let arguments = fields.map { "\($0.callback.name): \($0.callback.name)" }
    return [
      """
      /// The callbacks, in C's order.
      @unsafe
      struct Entries {
        \(raw: variables.joined(separator: "\n  "))
      }
      """,
      """
      /// The entries keep the contracts of their callbacks: see the adapter.
      @unsafe @inline(__always)
      public init(
        \(raw: parameters.joined(separator: ",\n  "))
      ) {
        unsafe entries = Entries(
          \(raw: arguments.joined(separator: ",\n    ")))
      }
      """,
    ]
  }
}
