// SPDX-License-Identifier: GPL-2.0-only
// @BlockDriver: the table of operations of a request-based block driver.

import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// Writes the C table (`struct blk_mq_ops`) as constant data inside the driver's type.
///
/// An operation that the type implements in its body has an entry; every other entry is null. A C
/// function pointer cannot be formed from generic code, so the closures are written inside the
/// driver's type, where the type is known.
public struct BlockDriverMacro: MemberMacro, ExtensionMacro {
  /// Returns the C tables, the properties that give their addresses, and the driver's traits.
  ///
  /// The disk's table is only returned if the body has one of the disk's operations.
  ///
  /// Reports an error and returns nothing if the declaration is not a struct or is generic. Also
  /// reports a type that has only one of the two budget methods, budgets together with batches, or
  /// a conformance to a request operation whose method is not in the body.
  public static func expansion(
    of node: AttributeSyntax, providingMembersOf declaration: some DeclGroupSyntax,
    conformingTo protocols: [TypeSyntax], in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    let macro = Operations.blockDriver
    guard let type = macro.type(declaration, of: node, in: context) else { return [] }
    let methods = type.methodNames
    // The block layer takes no budget for the requests of a batch, so the driver would return
    // budgets that the block layer never took.
    if let method = type.method("queueBatch"), methods.contains("takeBudget") {
      context.complain(
        method,
        "a driver with budgets cannot take batches: the block layer takes no budget for them")
    }
    // The protocol of all drivers has an empty `returnBudget`, which would satisfy the compiler.
    if let method = type.method("takeBudget"), !methods.contains("returnBudget") {
      context.complain(
        method, "a driver that takes budgets returns them: 'returnBudget' is missing")
    }
    if let method = type.method("returnBudget"), !methods.contains("takeBudget") {
      context.complain(
        method, "a driver returns the budgets that it takes: 'takeBudget' is missing")
    }
    // A protocol that the driver declares can also have the method. The compiler then does not
    // require it in the driver's type.
    for inherited in type.inheritanceClause?.inheritedTypes ?? [] {
      let name = inherited.type.trimmedDescription.split(separator: ".").last.map(String.init) ?? ""
      guard
        let operation = macro.tables[0].operations.first(where: { $0.conformance == name }),
        !operation.isRequired, !operation.isImplemented(by: methods)
      else { continue }
      context.complain(
        inherited,
        "'\(operation.methods.joined(separator: "' and '"))' would not be called: it is not in the body of '\(type.name.text)'"
      )
    }
    let traits: DeclSyntax =
      """
      @inline(__always) static var traits: BlockMQ::DriverTraits<Self> {
        unsafe BlockMQ::DriverTraits<Self>.BlockMQ::init(
          hasBudget: \(raw: methods.contains("takeBudget")), hasTimer: \(raw: methods.contains("timerExpired")),
          hasRequestData: \(raw: methods.contains("makeRequestData")),
          hasCompletion: \(raw: methods.contains("complete")))
      }
      """
    return macro.members(for: macro.tables[0], of: type) + [traits]
      + macro.members(for: macro.tables[1], of: type) + macro.missingData(type)
  }

  /// Returns a conformance for each operation that the body implements, unless the type declares it
  /// itself.
  public static func expansion(
    of node: AttributeSyntax, attachedTo declaration: some DeclGroupSyntax,
    providingExtensionsOf type: some TypeSyntaxProtocol, conformingTo protocols: [TypeSyntax],
    in context: some MacroExpansionContext
  ) throws -> [ExtensionDeclSyntax] {
    Operations.blockDriver.conformances(declaration, type, protocols)
  }
}
