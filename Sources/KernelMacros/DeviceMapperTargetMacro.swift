// SPDX-License-Identifier: GPL-2.0-only
// @DeviceMapperTarget: the table of callbacks of a device mapper target.

import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// Writes the C table (`struct target_type`) as constant data inside the target's type.
///
/// An operation that the type implements in its body has an entry; every other entry is null. A C
/// function pointer cannot be formed from generic code, so the closures are written inside the
/// target's type, where the type is known.
public struct DeviceMapperTargetMacro: MemberMacro, ExtensionMacro {
  /// Returns the C table, the property that gives its address, and the target's traits and
  /// features.
  ///
  /// Reports an error and returns nothing if the declaration is not a struct or is generic, if the
  /// name or the version is not valid, or if the body has neither `map` nor `mapRequest`.
  public static func expansion(
    of node: AttributeSyntax, providingMembersOf declaration: some DeclGroupSyntax,
    conformingTo protocols: [TypeSyntax], in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    let macro = Operations.target
    guard let type = macro.type(declaration, of: node, in: context) else { return [] }
    guard let name = node.text(at: 0), isTargetName(name) else {
      context.complain(
        node, "a target's name is a plain string literal of letters, digits, '-' and '_'")
      return []
    }
    guard let version = version(of: node) else {
      context.complain(
        node, "a target's version is three numbers that are written out: 'version: (1, 0, 0)'")
      return []
    }
    let methods = type.methodNames
    guard methods.contains("map") || methods.contains("mapRequest") else {
      context.complain(node, "a target needs a method 'map' or 'mapRequest' in its body")
      return []
    }
    let hasData = type.declares("BioData")
    let hasRegions = methods.contains("regionsEnded")
    let features =
      node.argumentList.first { $0.label?.text == "features" }?.expression.trimmedDescription
      ?? ".none"
    var members = macro.members(for: macro.tables[0], of: type)
    members += [
      """
      @inline(__always) static var targetTraits: DeviceMapper::TargetTraits<Self> {
        unsafe DeviceMapper::TargetTraits<Self>.DeviceMapper::init(
          name: "\(raw: name)", major: \(raw: version[0]), minor: \(raw: version[1]), patch: \(raw: version[2]),
          tracksBios: \(raw: hasData || methods.contains("ended") || hasRegions), usesRegions: \(raw: hasRegions))
      }
      """,
      // Without it, each call of a method would copy a larger target to the stack.
      """
      private let __inPlace: Kernel::InPlace = Kernel::InPlace.Kernel::init()
      """,
      // A function of its own keeps the driver's expression out of an `unsafe` expression.
      """
      static var targetFeatures: DeviceMapper::TargetFeatures {
        let __features: DeviceMapper::TargetFeatures = (\(raw: features))
        return __features
      }
      """,
    ]
    if hasRegions {
      members.append(
        """
        @unsafe static var regionsCallback: DeviceMapper::RegionsCallback<Self> {
          unsafe DeviceMapper::RegionsCallback<Self>.DeviceMapper::init({
            unsafe DeviceMapper::TargetAdapter<Self>.DeviceMapper::regionsEnded($0, $1)
          })
        }
        """)
    }
    // The table asks device mapper for the memory of each bio's data. If it does not, a `BioData`
    // would use memory that belongs to other code.
    if !hasData {
      members.append(
        """
        private static func __bioDataIsInTheBody() { DeviceMapper::TargetAdapter<Self>.DeviceMapper::hasNoBioData() }
        """)
    }
    return members
  }

  /// Returns a conformance for each operation that the body implements, unless the type declares it
  /// itself.
  public static func expansion(
    of node: AttributeSyntax, attachedTo declaration: some DeclGroupSyntax,
    providingExtensionsOf type: some TypeSyntaxProtocol, conformingTo protocols: [TypeSyntax],
    in context: some MacroExpansionContext
  ) throws -> [ExtensionDeclSyntax] {
    Operations.target.conformances(declaration, type, protocols)
  }

  private static func isTargetName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 15 && isFileName(text) && !text.contains(".")
  }

  /// The three numbers of the target's version, or nil.
  private static func version(of node: AttributeSyntax) -> [Int]? {
    guard
      let tuple = node.argumentList.first(where: { $0.label?.text == "version" })?.expression.as(
        TupleExprSyntax.self)
    else { return nil }
    let numbers = tuple.elements.compactMap(\.expression.integerLiteral)
    guard numbers.count == 3, tuple.elements.count == 3,
      numbers.allSatisfy({ (0...65535).contains($0) })
    else {
      return nil
    }
    return numbers
  }
}
