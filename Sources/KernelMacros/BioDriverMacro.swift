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
    let macro = Operations.bioDriver
    guard let type = macro.type(declaration, of: node, in: context) else { return [] }
    return macro.tables.flatMap { macro.members(for: $0, of: type) }
  }

  /// Returns a conformance to `BioReportZonesOperation`, if the body has a method `reportZones` and
  /// the type does not declare the conformance itself.
  public static func expansion(
    of node: AttributeSyntax, attachedTo declaration: some DeclGroupSyntax,
    providingExtensionsOf type: some TypeSyntaxProtocol, conformingTo protocols: [TypeSyntax],
    in context: some MacroExpansionContext
  ) throws -> [ExtensionDeclSyntax] {
    Operations.bioDriver.conformances(declaration, type, protocols)
  }
}
