// SPDX-License-Identifier: GPL-2.0-only
// The macros that write what C requires: tables of operations, module entry and exit, module
// information.
// They are compiled against the toolchain's own SwiftSyntax (see the Makefile), so that building
// for the kernel requires no package.

import SwiftDiagnostics
import SwiftIfConfig
import SwiftSyntax
import SwiftSyntaxMacros

/// An error at the use of a macro, with the text that the compiler prints.
struct Complaint: DiagnosticMessage, Error {
  let message: String
  var diagnosticID: MessageID { MessageID(domain: "Apus", id: message) }
  var severity: DiagnosticSeverity { .error }

  init(_ message: String) { self.message = message }
}

extension MacroExpansionContext {
  /// Reports an error at a node.
  func complain(_ node: some SyntaxProtocol, _ message: String) {
    diagnose(Diagnostic(node: Syntax(node), message: Complaint(message)))
  }

  /// The bounds of a range that is written as `lower...upper`. Reports errors in the range.
  ///
  /// The macros' code compares the bounds and makes no `ClosedRange`, which traps if its bounds are
  /// in the wrong order.
  func bounds(of range: ExprSyntax) -> (lower: ExprSyntax, upper: ExprSyntax)? {
    guard let bounds = range.writtenBounds else {
      complain(range, "the range is written out here: 'lower...upper'")
      return nil
    }
    if let lower = bounds.lower.integerLiteral, let upper = bounds.upper.integerLiteral,
      lower > upper
    {
      complain(range, "the range is the wrong way round")
      return nil
    }
    return bounds
  }

  /// The members of a type in this build: of each `#if`, only those of the active branch.
  func members(of type: StructDeclSyntax) -> [MemberBlockItemSyntax] {
    activeMembers(type.memberBlock.members)
  }

  private func activeMembers(_ members: MemberBlockItemListSyntax) -> [MemberBlockItemSyntax] {
    members.flatMap { member -> [MemberBlockItemSyntax] in
      guard let condition = member.decl.as(IfConfigDeclSyntax.self) else { return [member] }
      guard let build = buildConfiguration else {
        complain(
          condition, "this compiler does not tell macros what is defined: '#if' cannot stand here")
        return []
      }
      guard case .decls(let taken) = condition.activeClause(in: build).clause?.elements else {
        return []
      }
      return activeMembers(taken)
    }
  }

  /// Refuses an attribute that has the name of one of the library's marks but is another module's:
  /// the macro behind it does not check its arguments.
  func refuseOtherMarks(named names: Set<String>, in member: MemberBlockItemSyntax) {
    guard let attributes = member.decl.asProtocol((any WithAttributesSyntax).self)?.attributes
    else { return }
    for case .attribute(let attribute) in attributes where names.contains(attribute.name) {
      if attribute.isMark(attribute.name) { continue }
      complain(attribute, "'@\(attribute.attributeName.trimmedDescription)' is not the library's")
    }
  }

  /// Whether the declaration is in the struct of a module. `@KernelModule` looks for its marks only
  /// there.
  var isInModule: Bool {
    guard let type = lexicalContext.first?.as(StructDeclSyntax.self) else { return false }
    return type.attribute("KernelModule", in: type.attributes) != nil
  }
}

extension AttributeSyntax {
  /// The attribute's name, without that of its module.
  var name: String { qualifiedName.split { $0 == "." || $0 == ":" }.last.map(String.init) ?? "" }

  /// The attribute's name as it was written.
  private var qualifiedName: String {
    attributeName.trimmedDescription.filter { $0 != "`" && !$0.isWhitespace }
  }

  /// Whether this is the library's mark: `@Attribute`, `@Kernel.Attribute` or `@Kernel::Attribute`.
  /// `@Mine.Attribute` may be a property wrapper of the driver.
  func isMark(_ name: String) -> Bool {
    [name, "Kernel.\(name)", "Kernel::\(name)"].contains(qualifiedName)
  }

  /// The arguments, in order.
  var argumentList: [LabeledExprSyntax] {
    if case .argumentList(let list) = arguments { return Array(list) }
    return []
  }

  /// The plain text of a string literal argument, found by label.
  func text(_ label: String) -> String? {
    argumentList.first { $0.label?.text == label }?.expression.plainText
  }
  func text(at index: Int) -> String? {
    let unlabelled = argumentList.filter { $0.label == nil }
    return index < unlabelled.count ? unlabelled[index].expression.plainText : nil
  }
}

extension ExprSyntax {
  /// A string literal's text, or nil if it has an interpolation.
  var plainText: String? { self.as(StringLiteralExprSyntax.self)?.representedLiteralValue }

  /// An integer literal's value, which may have a minus sign, or nil if it is no literal or does
  /// not fit.
  var integerLiteral: Int? {
    if let minus = self.as(PrefixOperatorExprSyntax.self), minus.operator.text == "-" {
      return minus.expression.integerLiteral.map { 0 &- $0 }
    }
    return self.as(IntegerLiteralExprSyntax.self)?.representedLiteralValue
  }

  /// The bounds of a range such as `1...64`.
  var writtenBounds: (lower: ExprSyntax, upper: ExprSyntax)? {
    // The syntax tree has operands and operators in one flat list, until operators are folded.
    if let sequence = self.as(SequenceExprSyntax.self) {
      let parts = Array(sequence.elements)
      let places = parts.indices.filter { parts[$0].trimmedDescription == "..." }
      guard places.count == 1, let place = places.first, place > 0, place + 1 < parts.count else {
        return nil
      }
      return (join(parts[..<place]), join(parts[(place + 1)...]))
    }
    guard let infix = self.as(InfixOperatorExprSyntax.self),
      infix.operator.trimmedDescription == "..."
    else {
      return nil
    }
    return (infix.leftOperand.trimmed, infix.rightOperand.trimmed)
  }

  private func join(_ parts: ArraySlice<ExprSyntax>) -> ExprSyntax {
    if parts.count == 1, let part = parts.first { return part.trimmed }
    return ExprSyntax(SequenceExprSyntax(elements: ExprListSyntax(Array(parts)))).trimmed
  }
}

extension SyntaxProtocol {
  /// The first attribute in the list that is the library's mark with the given name.
  func attribute(_ name: String, in list: AttributeListSyntax) -> AttributeSyntax? {
    for case .attribute(let attribute) in list where attribute.isMark(name) { return attribute }
    return nil
  }
}

/// The text as a C string literal.
func cLiteral(_ text: String) -> String {
  var result = "\""
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "\""): result += "\\\""
    case UInt8(ascii: "\\"): result += "\\\\"
    case UInt8(ascii: "\n"): result += "\\n"
    case 0x20..<0x7f: result += String(UnicodeScalar(byte))
    default:
      // An octal escape has at most three digits, so a digit that follows is not part of it.
      result += "\\" + String(byte >> 6) + String(byte >> 3 & 7) + String(byte & 7)
    }
  }
  return result + "\""
}

extension TokenSyntax {
  /// The token's name, without backticks.
  var plainName: String { text.filter { $0 != "`" } }
}

/// Whether a name is valid for a module parameter and as a C identifier.
func isIdentifier(_ text: String) -> Bool {
  guard let first = text.utf8.first, first == UInt8(ascii: "_") || isLetter(first) else {
    return false
  }
  return text.utf8.allSatisfy {
    $0 == UInt8(ascii: "_") || isLetter($0) || (0x30...0x39).contains($0)
  }
}

private func isLetter(_ byte: UInt8) -> Bool {
  (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
}

/// Whether a name is valid for a file in configfs.
func isFileName(_ text: String) -> Bool {
  guard let first = text.utf8.first, first != UInt8(ascii: ".") else { return false }
  return text.utf8.allSatisfy {
    $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") || isLetter($0)
      || (0x30...0x39).contains($0)
  }
}
