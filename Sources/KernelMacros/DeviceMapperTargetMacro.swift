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
  /// The operations, in the order of the table's fields: the method, the protocol that declares it,
  /// and the number of the callback's arguments.
  private static let operations = [
    ("map", "MapOperation", 2), ("mapRequest", "MapRequestOperation", 4),
    ("ended", "EndOperation", 3),
    ("requestEnded", "EndRequestOperation", 4), ("willSuspend", "WillSuspendOperation", 1),
    ("suspendCancelled", "SuspendCancelledOperation", 1), ("didSuspend", "DidSuspendOperation", 1),
    ("willResume", "WillResumeOperation", 1), ("didResume", "DidResumeOperation", 1),
    ("status", "StatusOperation", 5),
    ("message", "MessageOperation", 5), ("prepareIoctl", "PrepareIoctlOperation", 2),
    ("reportZones", "ReportZonesOperation", 3), ("isBusy", "BusyOperation", 1),
    ("visitDevices", "VisitDevicesOperation", 3), ("adjustLimits", "AdjustLimitsOperation", 2),
    ("mapDirectAccess", "MapDirectAccessOperation", 6),
  ]

  /// The operation whose callback is not in the table: each I/O carries it.
  private static let regionsEnd = ("regionsEnded", "RegionsEndOperation")

  /// Returns the C table, the property that gives its address, and the target's traits and
  /// features.
  ///
  /// Reports an error and returns nothing if the declaration is not a struct or is generic, if the
  /// name or the version is not valid, or if the body has neither `map` nor `mapRequest`.
  public static func expansion(
    of node: AttributeSyntax, providingMembersOf declaration: some DeclGroupSyntax,
    conformingTo protocols: [TypeSyntax], in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    guard let type = declaration.as(StructDeclSyntax.self) else {
      context.complain(node, "'@DeviceMapperTarget' can only be attached to a struct")
      return []
    }
    if let generics = type.genericParameterClause {
      context.complain(
        generics,
        "a target cannot be generic: a C function pointer cannot be formed from generic code")
      return []
    }
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
    let methods = methods(of: type)
    guard methods.contains("map") || methods.contains("mapRequest") else {
      context.complain(node, "a target needs a method 'map' or 'mapRequest' in its body")
      return []
    }
    let hasData = hasBioData(type)
    let hasRegions = methods.contains(regionsEnd.0)
    let features =
      node.argumentList.first { $0.label?.text == "features" }?.expression.trimmedDescription
      ?? ".none"
    var members: [DeclSyntax] = [
      """
      nonisolated(unsafe) private static var __table = unsafe DeviceMapper::TargetTable<Self>.DeviceMapper::init(
        \(raw: tableArguments(methods, hasData: hasData).joined(separator: ",\n  ")))
      """,
      """
      @unsafe static var targetTable: Swift::UnsafeMutablePointer<DeviceMapper::TargetTable<Self>> {
        unsafe DeviceMapper::TargetAdapter<Self>.DeviceMapper::address(of: &__table)
      }
      """,
      """
      @inline(__always) static var targetTraits: DeviceMapper::TargetTraits<Self> {
        unsafe DeviceMapper::TargetTraits<Self>.DeviceMapper::init(
          name: "\(raw: name)", major: \(raw: version[0]), minor: \(raw: version[1]), patch: \(raw: version[2]),
          tracksBios: \(raw: hasData || methods.contains("ended") || hasRegions), usesRegions: \(raw: hasRegions))
      }
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
    guard let structure = declaration.as(StructDeclSyntax.self),
      structure.genericParameterClause == nil
    else {
      return []
    }
    let methods = methods(of: structure)
    let wanted = protocols.map(\.trimmedDescription).map {
      $0.split(separator: ".").last.map(String.init) ?? $0
    }
    let known = operations.map { ($0.0, $0.1) } + [regionsEnd]
    let conformances = known.filter { methods.contains($0.0) && wanted.contains($0.1) }
      .map { "DeviceMapper::\($0.1)" }
    if conformances.isEmpty { return [] }
    let declaration: DeclSyntax =
      "extension \(type.trimmed): \(raw: conformances.joined(separator: ", ")) {}"
    return declaration.as(ExtensionDeclSyntax.self).map { [$0] } ?? []
  }

  /// The table's arguments, in the order of its fields.
  private static func tableArguments(_ methods: Set<String>, hasData: Bool) -> [String] {
    func entry(_ field: String, _ method: String, _ count: Int) -> String {
      let arguments = (0..<count).map { "$\($0)" }.joined(separator: ", ")
      return
        "\(field): { unsafe DeviceMapper::TargetAdapter<Self>.DeviceMapper::\(method)(\(arguments)) }"
    }
    var arguments = [entry("construct", "construct", 3), entry("destruct", "destruct", 1)]
    for (method, _, count) in operations {
      if method == "mapDirectAccess" {
        // Three callbacks of the table use this one method.
        let callbacks = [("directAccess", 6), ("zeroPages", 3), ("recoverWrite", 5)]
        if methods.contains(method) { arguments += callbacks.map { entry($0.0, $0.0, $0.1) } }
      } else if methods.contains(method) {
        arguments.append(entry(method, method, count))
        if method == "mapRequest" { arguments.append(entry("releaseClone", "releaseClone", 2)) }
      } else if method == "ended", hasData {
        arguments.append(entry("ended", "endedUnseen", 3))
      }
    }
    return arguments
  }

  /// The names of the methods in the type's body.
  private static func methods(of type: StructDeclSyntax) -> Set<String> {
    Set(type.memberBlock.members.compactMap { $0.decl.as(FunctionDeclSyntax.self)?.name.plainName })
  }

  /// Whether the type's body declares `BioData`, the data of a bio.
  private static func hasBioData(_ type: StructDeclSyntax) -> Bool {
    type.memberBlock.members.contains { member in
      member.decl.as(TypeAliasDeclSyntax.self)?.name.plainName == "BioData"
        || member.decl.as(StructDeclSyntax.self)?.name.plainName == "BioData"
    }
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
