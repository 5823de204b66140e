// SPDX-License-Identifier: GPL-2.0-only
// @BioDriver: the table of a driver that takes bios.

import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// Writes the C table inside the driver's type, with the one callback that such a driver has.
public struct BioDriverMacro: MemberMacro {
  public static func expansion(
    of node: AttributeSyntax, providingMembersOf declaration: some DeclGroupSyntax,
    conformingTo protocols: [TypeSyntax], in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    guard let type = declaration.as(StructDeclSyntax.self) else {
      context.complain(node, "'@BioDriver' can only be attached to a struct")
      return []
    }
    if let generics = type.genericParameterClause {
      context.complain(
        generics, "a block driver cannot be generic: a C function pointer cannot be formed from generic code")
      return []
    }
    return [
      """
      nonisolated(unsafe) private static var __bioOperations = unsafe BlockMQ.DiskOperationsTable(
        submit: { unsafe BlockMQ.BioDriverAdapter<Self>.submit($0, $1) })
      """,
      """
      @unsafe static var bioOperationsTable: UnsafeMutablePointer<BlockMQ.DiskOperationsTable> {
        unsafe BlockMQ.BioDriverAdapter<Self>.address(of: &__bioOperations)
      }
      """,
    ]
  }
}
