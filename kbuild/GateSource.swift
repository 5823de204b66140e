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
  "testable", "preconcurrency", "abi", "main", "attached", "freestanding",
  "diagnose", "warn",
]
let underscored: Set<String> = ["_lifetime"]
/// Other words that begin with an underscore and are a driver's.
let arguments: Set<String> = ["__always"]

/// The largest number that may be an argument of a type.
let largestNumber = 65536

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

/// The names that the macros' code says. (It says where each is to be looked up as well, so that
/// nothing of a driver's can take its place.)
let modules: Set<String> = importable.union(["Swift"])

/// What the macros' code consists of: nothing that a driver adds to.
let machinery: Set<String> = [
  "ModuleAdapter", "ParameterAdapter", "ConfigurationAdapter", "ConfigurationType", "ConfigurationParent",
  "ConfigurationRelease",
  "ConfigurationMake", "ConfigurationDrop", "TimerAdapter", "TimerCallback", "WorkAdapter", "WorkCallback",
  "ThreadAdapter",
  "ThreadCallback", "DebugAdapter", "DebugCallback", "BioAdapter", "BioCallback", "CloneAdapter", "CloneCallback",
  "CopyAdapter",
  "CopyCallback", "BlockAdapter", "OperationsTable", "DriverTraits", "DiskAdapter", "DiskOperationsTable",
  "BioDriverAdapter",
  "TargetAdapter", "TargetTable", "TargetTraits", "RegionsCallback", "ZpoolAdapter", "DriverTable",
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

/// The types that have one of these macros, and all types with operators of their own, in all the
/// files.
final class Drivers: SyntaxVisitor {
  private(set) var macros: [String: String] = [:]
  private(set) var types: Set<String> = []

  override func visit(_ type: EnumDeclSyntax) -> SyntaxVisitorContinueKind {
    types.insert(path(type.name.text, of: type))
    return .visitChildren
  }

  /// `Outer.Inner`.
  private func path(_ name: String, of type: some SyntaxProtocol) -> String {
    var names = [name]
    var ancestor = type.parent
    while let node = ancestor {
      if let outer = node.asProtocol((any NamedDeclSyntax).self), node.isProtocol((any DeclGroupSyntax).self) {
        names.insert(outer.name.text, at: 0)
      } else if let outer = node.as(ExtensionDeclSyntax.self) {
        names.insert(outer.extendedType.trimmedDescription, at: 0)
      }
      ancestor = node.parent
    }
    return names.joined(separator: ".").filter { $0 != "`" }
  }

  override func visit(_ type: StructDeclSyntax) -> SyntaxVisitorContinueKind {
    types.insert(path(type.name.text, of: type))
    for attribute in allAttributes(under: Syntax(type.attributes)) {
      let name = lastWord(attribute.attributeName)
      if operations[name] != nil { macros[type.name.text.filter { $0 != "`" }] = name }
    }
    return .visitChildren
  }
}

/// `Probe` of `Module.Probe`, `Module::Probe` and `Probe<Int>`.
func lastWord(_ type: TypeSyntax) -> String {
  var text = type.trimmedDescription.filter { $0 != "`" && !$0.isWhitespace }
  if let clause = text.firstIndex(of: "<") { text = String(text[..<clause]) }
  return text.split { $0 == "." || $0 == ":" }.last.map(String.init) ?? text
}

/// The attributes of a list, also those within `#if`.
func allAttributes(under node: Syntax) -> [AttributeSyntax] {
  if let attribute = node.as(AttributeSyntax.self) { return [attribute] }
  return node.children(viewMode: .sourceAccurate).flatMap(allAttributes)
}

/// Whether a node declares a type by the name that is its token.
func isType(_ node: Syntax) -> Bool {
  switch node.kind {
  case .structDecl, .enumDecl, .classDecl, .actorDecl, .protocolDecl, .typeAliasDecl, .associatedTypeDecl,
    .genericParameter:
    true
  default: false
  }
}

/// Whether a node declares something by the name that is its token.
func isDeclaration(_ node: Syntax) -> Bool {
  switch node.kind {
  case .functionDecl, .macroDecl, .identifierPattern, .enumCaseElement, .functionParameter, .enumCaseParameter,
    .closureParameter, .closureShorthandParameter, .operatorDecl, .precedenceGroupDecl:
    true
  default: isType(node)
  }
}

/// Collects what a file may not say, with its place.
final class Gate: SyntaxVisitor {
  private(set) var offences: [(position: AbsolutePosition, words: String)] = []
  private let drivers: [String: String]
  private let types: Set<String>

  init(_ drivers: Drivers) {
    self.drivers = drivers.macros
    types = drivers.types
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
      } else if token.text == "`Self`", token.parent.map(isDeclaration) == true {
        // The macros' code says this, and would find the driver's own.
        refuse("\(text) for a type of its own", at: token)
      } else if modules.contains(text), token.parent.map(isDeclaration) == true {
        refuse("\(text) for something of its own", at: token)
      } else if text.hasPrefix("_"), text != "_", text != "__always", !isAttribute(token) {
        // What the macros make, and what the standard library has for itself.
        refuse(text, at: token)
      }
    default:
      break
    }
    return .visitChildren
  }

  /// Whether a word is an attribute's name, which is looked at as a whole.
  private func isAttribute(_ token: TokenSyntax) -> Bool {
    token.parent?.parent?.as(AttributeSyntax.self)?.attributeName.firstToken(viewMode: .sourceAccurate) == token
  }

  override func visit(_ selector: ModuleSelectorSyntax) -> SyntaxVisitorContinueKind {
    let name = selector.moduleName.text.filter { $0 != "`" }
    if modules.contains(name) { return .skipChildren }
    refuse("\(name)::", at: selector)
    return .skipChildren
  }

  /// A number that is an argument of a type, as an array's count is. The compiler counts the bytes of
  /// a type in 32 bits: of a larger one there is less memory than places.
  override func visit(_ argument: GenericArgumentSyntax) -> SyntaxVisitorContinueKind {
    guard case .expr(let number) = argument.argument else { return .visitChildren }
    for token in number.tokens(viewMode: .sourceAccurate) {
      guard case .integerLiteral(let text) = token.tokenKind,
        let literal = token.parent?.as(IntegerLiteralExprSyntax.self)
      else { continue }
      if let number = literal.representedLiteralValue, number <= largestNumber { continue }
      refuse("\(text) as a type's number: \(largestNumber) at most", at: token)
    }
    return .visitChildren
  }

  /// What the parser takes for one is not looked at, and the compiler could take it for something else.
  override func visit(_ literal: RegexLiteralExprSyntax) -> SyntaxVisitorContinueKind {
    refuse("a regular expression", at: literal)
    return .skipChildren
  }

  override func visit(_ declaration: MacroDeclSyntax) -> SyntaxVisitorContinueKind {
    refuse("macro", at: declaration.macroKeyword)
    return .visitChildren
  }

  override func visit(_ declaration: OperatorDeclSyntax) -> SyntaxVisitorContinueKind {
    refuse("operator", at: declaration.operatorKeyword)
    return .visitChildren
  }

  /// An operator of the driver's is one of a type of the driver's, and so no better match than the
  /// library's for another type.
  override func visit(_ method: FunctionDeclSyntax) -> SyntaxVisitorContinueKind {
    switch method.name.tokenKind {
    case .binaryOperator, .prefixOperator, .postfixOperator: break
    default: return .visitChildren
    }
    var ancestor = method.parent
    while let node = ancestor, !node.isProtocol(DeclGroupSyntax.self) { ancestor = node.parent }
    if let node = ancestor, node.is(StructDeclSyntax.self) || node.is(EnumDeclSyntax.self) { return .visitChildren }
    if let extended = ancestor?.as(ExtensionDeclSyntax.self)?.extendedType {
      let name = extended.trimmedDescription.filter { $0 != "`" && !$0.isWhitespace }.prefix { $0 != "<" }
      if types.contains(String(name)) { return .visitChildren }
    }
    refuse("func \(method.name.text) outside of a type of its own", at: method.name)
    return .visitChildren
  }

  override func visit(_ alias: TypeAliasDeclSyntax) -> SyntaxVisitorContinueKind {
    // (By another name, it could be extended.)
    for token in alias.initializer.value.tokens(viewMode: .sourceAccurate) {
      let text = token.text.filter { $0 != "`" }
      if machinery.contains(text) { refuse("typealias of \(text)", at: token) }
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
    let name = lastWord(extended.extendedType)
    if machinery.contains(name) { refuse("extension \(name)", at: extended.extensionKeyword) }
    if let macro = drivers[name] {
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

  /// A closure that is given to a local function, or to a closure, may change what that one has
  /// captured and has borrowed meanwhile: the compiler looks for it neither there nor at the call
  /// (hole H5). So neither may take one, nor may a type hide it.
  override func visit(_ type: FunctionTypeSyntax) -> SyntaxVisitorContinueKind {
    var ancestor = type.parent
    while let node = ancestor {
      switch node.kind {
      case .typeAliasDecl, .associatedTypeDecl:
        refuse("a name for a function's type: it would hide that a local function takes a closure", at: type)
        return .visitChildren
      case .closureParameter, .functionType:
        // (What a closure gives back is none of this.)
        if node.is(FunctionTypeSyntax.self), type.position >= node.cast(FunctionTypeSyntax.self).returnClause.position {
          break
        }
        refuse("a closure that takes a closure, which may change what it has borrowed: pass it what it needs", at: type)
        return .visitChildren
      case .functionParameter:
        if let function = node.parent?.parent?.parent?.parent, function.is(FunctionDeclSyntax.self), isLocal(function) {
          refuse(
            "a local function that takes a closure, which may change what it has borrowed: pass it what it needs",
            at: type)
        }
        return .visitChildren
      case .codeBlockItem, .memberBlockItem: return .visitChildren
      default: break
      }
      ancestor = node.parent
    }
    return .visitChildren
  }

  /// Whether a declaration stands among statements.
  private func isLocal(_ declaration: Syntax) -> Bool {
    var ancestor = declaration.parent
    while let node = ancestor {
      switch node.kind {
      case .sourceFile, .memberBlock: return false
      case .codeBlock, .closureExpr, .accessorBlock, .accessorDecl, .switchCase: return true
      default: ancestor = node.parent
      }
    }
    return false
  }

  /// The same for a closure that is called where it stands.
  override func visit(_ call: FunctionCallExprSyntax) -> SyntaxVisitorContinueKind {
    let hasArguments = !call.arguments.isEmpty || call.trailingClosure != nil
    let callee = call.calledExpression
    if hasArguments, callee.is(ClosureExprSyntax.self) || callee.is(TupleExprSyntax.self) {
      refuse("{ … }(…): call a function by its name", at: call)
    }
    return .visitChildren
  }

  /// A stored property that is assigned within `do` with a `catch`, in an initializer that throws or gives nil: the compiler may end it on paths where
  /// it was never made.
  override func visit(_ initializer: InitializerDeclSyntax) -> SyntaxVisitorContinueKind {
    let mayFail = initializer.signature.effectSpecifiers?.throwsClause != nil || initializer.optionalMark != nil
    guard mayFail, let body = initializer.body else { return .visitChildren }
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
        let text = place.trimmedDescription.filter { $0 != "`" && $0 != "(" && $0 != ")" && !$0.isWhitespace }
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
  let gate = Gate(drivers)
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
