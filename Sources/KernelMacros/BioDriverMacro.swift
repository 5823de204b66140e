// SPDX-License-Identifier: GPL-2.0-only
// @BioDriver: the operations table of a bio-based driver.

import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// Writes the C table inside the driver's type.
///
/// Every bio-based driver has the callback `submit`. A driver with zones also has `reportZones`.
public struct BioDriverMacro: MemberMacro, ExtensionMacro {
  /// Returns the C table, and the property that gives its address.
  ///
  /// Reports an error and returns nothing if the declaration is not a struct or is generic.
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
        generics,
        "a block driver cannot be generic: a C function pointer cannot be formed from generic code")
      return []
    }
    let zones =
      type.method("reportZones") == nil
      ? ""
      : "reportZones: { unsafe BlockMQ::BioDriverAdapter<Self>.BlockMQ::reportZones($0, $1) },\n  "
    return [
      """
      nonisolated(unsafe) private static var __bioOperations = unsafe BlockMQ::DiskOperationsTable<Self>.BlockMQ::init(
        \(raw: zones)submit: { unsafe BlockMQ::BioDriverAdapter<Self>.BlockMQ::submit($0, $1) })
      """,
      """
      @unsafe static var bioOperationsTable: Swift::UnsafeMutablePointer<BlockMQ::DiskOperationsTable<Self>> {
        unsafe BlockMQ::BioDriverAdapter<Self>.BlockMQ::address(of: &__bioOperations)
      }
      """,
    ]
  }

  /// Returns a conformance to `BioReportZonesOperation`, if the body has a method `reportZones` and
  /// the type does not declare the conformance itself.
  public static func expansion(
    of node: AttributeSyntax, attachedTo declaration: some DeclGroupSyntax,
    providingExtensionsOf type: some TypeSyntaxProtocol, conformingTo protocols: [TypeSyntax],
    in context: some MacroExpansionContext
  ) throws -> [ExtensionDeclSyntax] {
    guard let structure = declaration.as(StructDeclSyntax.self),
      structure.genericParameterClause == nil,
      structure.method("reportZones") != nil, !protocols.isEmpty
    else { return [] }
    let declaration: DeclSyntax = "extension \(type.trimmed): BlockMQ::BioReportZonesOperation {}"
    return declaration.as(ExtensionDeclSyntax.self).map { [$0] } ?? []
  }
}
