// SPDX-License-Identifier: GPL-2.0-only
// Refuses what a driver may not say: whatever would let it leave the safe language, reach the C surface, or stop the kernel.
//
// gate-source FILE.swift…
//
// Every offence is a line "FILE:LINE:COL: error: drivers may not say '…' (gate-source)", and the exit status is then 1
// (2: a file could not be read). It is built against the parser in the toolchain; kbuild/gate-source does that.

import Foundation
import SwiftParser
import SwiftSyntax

/// The modules a driver may import.
let importable: Set<String> = ["Kernel", "BlockMQ", "DeviceMapper", "Zpool", "Block", "Synchronization"]

/// Attributes refused by name. Those that begin with an underscore are all refused, but for the ones in `underscored`.
let attributes: Set<String> = [
  "unsafe", "safe", "unchecked", "exclusivity", "c", "cdecl", "expose", "extern", "silgen_name", "section", "used",
  "testable", "preconcurrency",
]
let underscored: Set<String> = ["_lifetime"]
/// Other words that begin with an underscore and are a driver's.
let arguments: Set<String> = ["__always"]

/// Words refused wherever they stand as a word of the program. So is every name that begins with an underscore: the standard library has
/// functions of such names that are unsafe and do not say so (`_assumeNonNegative`, `_consumingUnsafelyUnwrap`), and what makes a literal
/// of a pointer is one.
let words: Set<String> = [
  "unsafe", "unsafeAddress", "unsafeMutableAddress", "Builtin", "CKernel", "fatalError", "preconditionFailure",
  "assertionFailure",
  // Views that the compiler lets be assigned to a longer-lived variable (hole H1), and where the library gives them.
  "MutableSpan", "MutableRawSpan", "OutputSpan", "OutputRawSpan", "mutableSpan", "mutableBytes", "initializingWith",
  // The view of a value in place: of one that an owner lends, such as `box.value`, the compiler takes it from the owner's memory
  // and lets the owner end before it (hole H4).
  "span",
  // There is no runtime for them, and the compiler stops with a crash.
  "async", "await",
]

/// Functions refused where they are called. Their names are words of English as well, for labels and properties.
let functions: Set<String> = ["precondition", "assert"]

/// The operations that a macro looks for in the body of a driver's type. Elsewhere they would stay null, silently.
let operations: [String: Set<String>] = [
  "BlockDriver": [
    "commit", "queueBatch", "takeBudget", "returnBudget", "timeOut", "poll", "complete", "makeHardwareQueueData",
    "makeRequestData", "timerExpired", "cleanUp", "isBusy", "mapQueues", "show", "openDisk", "releaseDisk", "control",
    "geometry", "changeReadOnly", "swapSlotFreed", "reportZones", "uniqueIdentifier", "partitionTableSector",
    "checkEvents", "changeReservation", "makeDiskData",
  ],
  "DeviceMapperTarget": [
    "map", "mapRequest", "ended", "requestEnded", "willSuspend", "suspendCancelled", "didSuspend", "willResume",
    "didResume",
    "status", "message", "prepareIoctl", "reportZones", "isBusy", "visitDevices", "adjustLimits", "mapDirectAccess",
    "regionsEnded",
  ],
  "ZpoolDriver": ["evict"],
]

/// The types that have one of these macros, in all the files.
final class Drivers: SyntaxVisitor {
  private(set) var macros: [String: String] = [:]

  override func visit(_ type: StructDeclSyntax) -> SyntaxVisitorContinueKind {
    for case .attribute(let attribute) in type.attributes {
      let name = lastWord(attribute.attributeName)
      if operations[name] != nil { macros[type.name.text.filter { $0 != "`" }] = name }
    }
    return .visitChildren
  }
}

/// `Probe` of `Module.Probe`.
func lastWord(_ type: TypeSyntax) -> String {
  let text = type.trimmedDescription.filter { $0 != "`" }
  return text.split(separator: ".").last.map(String.init) ?? text
}

/// Whether a node declares a type by the name that is its token.
func isDeclaration(_ node: Syntax) -> Bool {
  switch node.kind {
  case .structDecl, .enumDecl, .classDecl, .actorDecl, .protocolDecl, .typeAliasDecl, .associatedTypeDecl,
    .genericParameter:
    true
  default: false
  }
}

/// Collects what a file may not say, with its place.
final class Gate: SyntaxVisitor {
  private(set) var offences: [(position: AbsolutePosition, words: String)] = []
  private let drivers: [String: String]

  init(drivers: [String: String]) {
    self.drivers = drivers
    super.init(viewMode: .sourceAccurate)
  }

  private func refuse(_ words: String, at node: some SyntaxProtocol) {
    offences.append((node.positionAfterSkippingLeadingTrivia, words))
  }

  /// Comments are trivia and the text of a string literal is a segment: neither is a token of the kinds below. What an
  /// interpolation holds is tokens like any other, and so is the code behind an `#if` that is not compiled.
  override func visit(_ token: TokenSyntax) -> SyntaxVisitorContinueKind {
    switch token.tokenKind {
    case .exclamationMark:
      switch token.previousToken(viewMode: .sourceAccurate)?.tokenKind {
      case .keyword(.try): refuse("try!", at: token)
      case .keyword(.as): refuse("as!", at: token)
      default: refuse("!", at: token)
      }
    case .identifier, .keyword, .dollarIdentifier:
      let text = token.text.filter { $0 != "`" }
      let next = token.nextToken(viewMode: .sourceAccurate)?.tokenKind
      if words.contains(text) {
        refuse(text, at: token)
      } else if functions.contains(text), next == .leftParen {
        refuse(text, at: token)
      } else if text.hasPrefix("_"), text != "_", !underscored.union(arguments).contains(text) {
        // What the libraries, and the macros' code, have for themselves: some of it is as unsafe as what says so.
        refuse(text, at: token)
      } else if text == "Escapable",
        case .prefixOperator("~")? = token.previousToken(viewMode: .sourceAccurate)?.tokenKind
      {
        // H1 again: with a type or a generic parameter of the driver's own, it takes every view.
        refuse("~Escapable", at: token)
      } else if text == "externalMacro" {
        refuse("#externalMacro", at: token)
      } else if importable.contains(text) || token.text == "`Self`", token.parent.map(isDeclaration) == true {
        // The macros' code says these names, and would find the driver's own.
        refuse("\(text) for a type of its own", at: token)
      }
    default:
      break
    }
    return .visitChildren
  }

  override func visit(_ attribute: AttributeSyntax) -> SyntaxVisitorContinueKind {
    let name = attribute.attributeName.trimmedDescription.filter { $0 != "`" }
    if attributes.contains(name) || (name.hasPrefix("_") && !underscored.contains(name)) {
      refuse("@\(name)", at: attribute)
      // The name has been refused: do not refuse it once more as a word.
      if let arguments = attribute.arguments { walk(arguments) }
      return .skipChildren
    }
    return .visitChildren
  }

  override func visit(_ type: StructDeclSyntax) -> SyntaxVisitorContinueKind {
    guard let macro = drivers[type.name.text.filter { $0 != "`" }] else { return .visitChildren }
    // The macro does not know either which branch of an `#if` there is.
    for member in type.memberBlock.members where member.decl.is(IfConfigDeclSyntax.self) {
      refuseOperations(of: macro, under: member, "within '#if'")
    }
    return .visitChildren
  }

  override func visit(_ extended: ExtensionDeclSyntax) -> SyntaxVisitorContinueKind {
    if let macro = drivers[lastWord(extended.extendedType)] {
      refuseOperations(of: macro, under: extended.memberBlock, "in an extension")
    }
    return .visitChildren
  }

  private func refuseOperations(of macro: String, under node: some SyntaxProtocol, _ place: String) {
    for child in node.children(viewMode: .sourceAccurate) {
      if let method = child.as(FunctionDeclSyntax.self) {
        guard operations[macro, default: []].contains(method.name.text.filter({ $0 != "`" })) else { continue }
        refuse("func \(method.name.text) \(place): @\(macro) would not see it", at: method.funcKeyword)
      } else if !child.is(CodeBlockSyntax.self) {
        refuseOperations(of: macro, under: child, place)
      }
    }
  }

  /// A stored property that is assigned within `do` with a `catch`, in an initializer that throws: the compiler may end it on paths where
  /// it was never made.
  override func visit(_ initializer: InitializerDeclSyntax) -> SyntaxVisitorContinueKind {
    guard initializer.signature.effectSpecifiers?.throwsClause != nil, let body = initializer.body else {
      return .visitChildren
    }
    var ancestor = initializer.parent
    while let node = ancestor, !node.is(StructDeclSyntax.self), !node.is(EnumDeclSyntax.self) { ancestor = node.parent }
    guard let type = ancestor?.as(StructDeclSyntax.self) else { return .visitChildren }
    var stored: Set<String> = []
    for member in type.memberBlock.members {
      guard let variable = member.decl.as(VariableDeclSyntax.self) else { continue }
      for binding in variable.bindings where binding.accessorBlock == nil {
        stored.insert(binding.pattern.trimmedDescription.filter { $0 != "`" })
      }
    }
    refuseAssignments(to: stored, under: Syntax(body), isGuarded: false)
    return .visitChildren
  }

  private func refuseAssignments(to stored: Set<String>, under node: Syntax, isGuarded: Bool) {
    for child in node.children(viewMode: .sourceAccurate) {
      if child.is(ClosureExprSyntax.self) || child.is(FunctionDeclSyntax.self) { continue }
      let isDo = child.as(DoStmtSyntax.self).map { !$0.catchClauses.isEmpty } ?? false
      if isGuarded, let sequence = child.as(SequenceExprSyntax.self), let place = sequence.elements.first,
        sequence.elements.dropFirst().first?.is(AssignmentExprSyntax.self) == true
      {
        let text = place.trimmedDescription.filter { $0 != "`" }
        let name = text.hasPrefix("self.") ? String(text.dropFirst(5)) : text
        if stored.contains(name) { refuse("\(text) = … within 'do' in an initializer: store it after that", at: place) }
      }
      refuseAssignments(to: stored, under: child, isGuarded: isGuarded || isDo)
    }
  }

  override func visit(_ statement: ImportDeclSyntax) -> SyntaxVisitorContinueKind {
    let path = statement.path.map(\.name.text)
    // What follows the module's name is a declaration only after `import struct` and the like; it is a submodule otherwise.
    guard let module = path.first, importable.contains(module), path.count == 1 || statement.importKindSpecifier != nil
    else {
      refuse("import \(path.joined(separator: "."))", at: statement.importKeyword)
      walk(statement.attributes)
      return .skipChildren
    }
    return .visitChildren
  }
}

var status: Int32 = 0
var sources: [(file: String, tree: SourceFileSyntax)] = []
let drivers = Drivers(viewMode: .sourceAccurate)
for file in CommandLine.arguments.dropFirst() {
  guard let source = try? String(contentsOfFile: file, encoding: .utf8) else {
    FileHandle.standardError.write(Data("gate-source: cannot read \(file)\n".utf8))
    exit(2)
  }
  let tree = Parser.parse(source: source)
  sources.append((file, tree))
  drivers.walk(tree)
}
for (file, tree) in sources {
  let gate = Gate(drivers: drivers.macros)
  gate.walk(tree)
  let converter = SourceLocationConverter(fileName: file, tree: tree)
  for offence in gate.offences.sorted(by: { $0.position < $1.position }) {
    let place = converter.location(for: offence.position)
    FileHandle.standardError.write(
      Data("\(file):\(place.line):\(place.column): error: drivers may not say '\(offence.words)' (gate-source)\n".utf8))
    status = 1
  }
}
exit(status)
