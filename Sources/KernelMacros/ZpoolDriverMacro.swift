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
    guard let type = declaration.as(StructDeclSyntax.self) else {
      context.complain(node, "'@ZpoolDriver' can only be attached to a struct")
      return []
    }
    if let generics = type.genericParameterClause {
      context.complain(
        generics,
        "a zpool driver cannot be generic: a C function pointer cannot be formed from generic code")
      return []
    }
    // The kernel compares the whole name, and reads one from a line that a user writes.
    guard let name = node.text(at: 0), isFileName(name) else {
      context.complain(
        node,
        "'@ZpoolDriver' needs a name of letters, digits, '_', '-' and '.', a plain string literal")
      return []
    }
    let adapter = "Zpool::ZpoolAdapter<Self>.Zpool::"
    var entries = [
      "create: { unsafe \(adapter)create($1, $2, $3) }",
      "createPlain: { unsafe \(adapter)create($1, nil, nil) }",
      "destroy: { unsafe \(adapter)destroy($0) }",
      "allocate: { unsafe \(adapter)allocate($0, $1, $2, $3) }",
      "free: { unsafe \(adapter)free($0, $1) }",
    ]
    if evicts(type) { entries.append("shrink: { unsafe \(adapter)shrink($0, $1, $2) }") }
    entries += [
      "totalPages: { unsafe \(adapter)pages($0) }",
      "totalBytes: { unsafe \(adapter)bytes($0) }",
    ]
    return [
      """
      nonisolated(unsafe) private static var __callbacks = unsafe Zpool::DriverTable<Self>.Zpool::init(
        \(raw: entries.joined(separator: ",\n  ")))
      """,
      """
      @unsafe static var zpoolTable: Swift::UnsafePointer<Zpool::DriverTable<Self>> {
        unsafe \(raw: adapter)address(of: &__callbacks)
      }
      """,
      """
      static var zpoolName: Kernel::StaticCString {
        "\(raw: name)"
      }
      """,
    ]
  }

  /// Returns a conformance to `EvictingAllocator`, if the body has a method `evict`, and the type
  /// does not declare the conformance itself.
  public static func expansion(
    of node: AttributeSyntax, attachedTo declaration: some DeclGroupSyntax,
    providingExtensionsOf type: some TypeSyntaxProtocol, conformingTo protocols: [TypeSyntax],
    in context: some MacroExpansionContext
  ) throws -> [ExtensionDeclSyntax] {
    guard let structure = declaration.as(StructDeclSyntax.self),
      structure.genericParameterClause == nil,
      evicts(structure), !protocols.isEmpty
    else { return [] }
    let declaration: DeclSyntax = "extension \(type.trimmed): Zpool::EvictingAllocator {}"
    return declaration.as(ExtensionDeclSyntax.self).map { [$0] } ?? []
  }

  /// Whether the type has a method `evict` in its body.
  private static func evicts(_ type: StructDeclSyntax) -> Bool {
    type.memberBlock.members.contains {
      $0.decl.as(FunctionDeclSyntax.self)?.name.plainName == "evict"
    }
  }
}
