// SPDX-License-Identifier: GPL-2.0-only
// @ZpoolDriver: the callbacks of a zpool allocator.

import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// Writes an allocator's C callbacks as constant data inside its type.
///
/// `shrink` has an entry if the type implements `evict` in its body, and is null otherwise. A C
/// function pointer cannot be formed from generic code, so the closures are written inside the
/// allocator's type, where the type is known.
public struct ZpoolDriverMacro: MemberMacro, ExtensionMacro {
  /// Returns the table of callbacks, the property that gives its address, and the driver's name.
  ///
  /// Reports an error and returns nothing if the declaration is not a struct or is generic, or if
  /// the name is not a plain literal of letters, digits, '_', '-' and '.'.
  public static func expansion(
    of node: AttributeSyntax, providingMembersOf declaration: some DeclGroupSyntax,
    conformingTo protocols: [TypeSyntax], in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    let macro = Operations.zpoolDriver
    guard let type = macro.type(declaration, of: node, in: context) else { return [] }
    // The kernel compares the whole name, and reads one from a line that a user writes.
    guard let name = node.text(at: 0), isFileName(name) else {
      context.complain(
        node,
        "'@ZpoolDriver' needs a name of letters, digits, '_', '-' and '.', a plain string literal")
      return []
    }
    let zpoolName: DeclSyntax =
      """
      static var zpoolName: Kernel::StaticCString {
        "\(raw: name)"
      }
      """
    return macro.members(for: macro.tables[0], of: type) + [zpoolName]
  }

  /// Returns a conformance to `EvictingAllocator`, if the body has a method `evict`, and the type
  /// does not declare the conformance itself.
  public static func expansion(
    of node: AttributeSyntax, attachedTo declaration: some DeclGroupSyntax,
    providingExtensionsOf type: some TypeSyntaxProtocol, conformingTo protocols: [TypeSyntax],
    in context: some MacroExpansionContext
  ) throws -> [ExtensionDeclSyntax] {
    Operations.zpoolDriver.conformances(declaration, type, protocols)
  }
}
