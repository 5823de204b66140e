// SPDX-License-Identifier: GPL-2.0-only
// @BlockDriver: a block driver's table of operations.

import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// Writes the C table (`struct blk_mq_ops`) as constant data inside the driver's type. A C function pointer cannot
/// be formed from generic code, so the closures stand here, where the driver's type is known.
public struct BlockDriverMacro: MemberMacro {
  public static func expansion(
    of node: AttributeSyntax, providingMembersOf declaration: some DeclGroupSyntax,
    conformingTo protocols: [TypeSyntax], in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    guard let type = declaration.as(StructDeclSyntax.self) else {
      context.complain(node, "'@BlockDriver' can only be attached to a struct")
      return []
    }
    if let generics = type.genericParameterClause {
      context.complain(
        generics, "a block driver cannot be generic: a C function pointer cannot be formed from generic code")
      return []
    }
    return [
      """
      nonisolated(unsafe) private static var __operations = unsafe BlockMQ.OperationsTable(
        queueRequest: { unsafe BlockMQ.BlockAdapter<Self>.queue($0, $1) })
      """,
      """
      @unsafe static var operationsTable: UnsafePointer<BlockMQ.OperationsTable> {
        unsafe BlockMQ.BlockAdapter<Self>.address(of: &__operations)
      }
      """,
    ]
  }
}
