// SPDX-License-Identifier: GPL-2.0-only
// The source gate. It refuses source that would let a driver leave the safe language, reach the C
// surface, or stop the kernel.
//
// gate-source FILE.swift…
//
// Each offence is a line "FILE:LINE:COL: error: drivers may not say '…' (gate-source)", and the
// exit status is then 1. Status 2 means that a file could not be read. kbuild/gate-source builds
// this program against the parser in the toolchain.

import Foundation
import SwiftParser
import SwiftParserDiagnostics
import SwiftSyntax

/// The modules that a driver may import. (PoolDoubles is for the test modules.)
let importable: Set<String> = [
  "Kernel", "BlockMQ", "DeviceMapper", "Zpool", "Block", "Synchronization", "PoolDoubles",
]

/// Attributes that are refused by name. Every attribute that begins with an underscore is refused
/// too, except those in `underscored`.
let attributes: Set<String> = [
  "unsafe", "safe", "unchecked", "exclusivity", "c", "cdecl", "expose", "extern", "silgen_name",
  "section", "used",
  "testable", "preconcurrency", "abi", "main", "attached", "freestanding",
  "diagnose", "warn",
]
let underscored: Set<String> = ["_lifetime"]
/// Attribute arguments with a leading underscore that a driver may use.
let arguments: Set<String> = ["__always"]

/// The largest number that a type may have as an argument.
let largestNumber = 65536

/// Words that are refused wherever they are a token of the program.
///
/// Every name that begins with an underscore is refused as well. The standard library has functions
/// with such names that are unsafe but not marked so (`_assumeNonNegative`,
/// `_consumingUnsafelyUnwrap`). The initialisers that make a literal from a pointer are among them.
let words: Set<String> = [
  "unsafe", "unsafeAddress", "unsafeMutableAddress", "Builtin", "CKernel", "fatalError",
  "preconditionFailure",
  "assertionFailure",
  // Views that the compiler lets a driver assign to a longer-lived variable (hole H1), and the
  // functions and properties of the library that lend them.
  "MutableSpan", "MutableRawSpan", "OutputSpan", "OutputRawSpan", "mutableSpan", "mutableBytes",
  "initializingWith",
  // The view of a value in place. If an owner lends the value, as `box.value` does, the view refers
  // to the owner's memory, and the compiler lets the owner end before the view (hole H4).
  "span", "utf8Span",
  // It makes a range of the indices of a driver's collection, in any order, without a check.
  "relative",
  // There is no runtime for concurrency, and the compiler crashes on these words.
  "async", "await",
]

/// The modules that the macros' code names. The code also qualifies each name with its module, so
/// that no declaration of the driver can replace it.
let modules: Set<String> = importable.union(["Swift"])

/// The types that the macros' code uses. A driver may neither extend them nor declare an alias for
/// them.
let machinery = Operations.machinery

/// Functions that are refused only where they are called, because labels and properties may have
/// the same names.
let functions: Set<String> = ["precondition", "assert"]

/// Functions of Swift that need a terminal. A method of the same name is accepted.
let printers: Set<String> = ["print", "debugPrint", "dump", "readLine"]

/// The operations that a macro looks for in the body of a driver's type. If an operation is
/// declared elsewhere, its table entry would stay null, without a diagnostic.
let operations = Dictionary(
  uniqueKeysWithValues: Operations.drivers.map { macro in
    (macro.name, Set(macro.operations.filter { !$0.isRequired }.flatMap(\.methods)))
  })

/// Collects the types that have one of these macros, and the names of all structs and enums, which
/// may declare operators, from all files.
final class Drivers: SyntaxVisitor {
  private(set) var macros: [String: String] = [:]
  private(set) var types: Set<String> = []
  /// The stored properties of the structs of each name, whatever encloses them.
  private(set) var stored: [String: Set<String>] = [:]
  /// The structs with `@KernelModule`, except those within `#if`.
  private(set) var kernelModules: [String] = []

  override func visit(_ type: EnumDeclSyntax) -> SyntaxVisitorContinueKind {
    types.insert(path(type.name.text, of: type))
    return .visitChildren
  }

  /// The type's name with those of the enclosing types: `Outer.Inner`.
  private func path(_ name: String, of type: some SyntaxProtocol) -> String {
    var names = [name]
    var ancestor = type.parent
    while let node = ancestor {
      if let outer = node.asProtocol((any NamedDeclSyntax).self),
        node.isProtocol((any DeclGroupSyntax).self)
      {
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
    stored[type.name.text.filter { $0 != "`" }, default: []].formUnion(storedProperties(of: type))
    for attribute in allAttributes(under: Syntax(type.attributes)) {
      let name = lastWord(attribute.attributeName)
      if name == "KernelModule", !isConditional(Syntax(attribute)) {
        kernelModules.append(type.name.text.filter { $0 != "`" })
      }
      if operations[name] != nil { macros[type.name.text.filter { $0 != "`" }] = name }
    }
    return .visitChildren
  }
}

/// The names of a struct's stored properties, also of those with observers.
func storedProperties(of type: StructDeclSyntax) -> Set<String> {
  var names: Set<String> = []
  for member in type.memberBlock.members {
    guard let variable = member.decl.as(VariableDeclSyntax.self) else { continue }
    for binding in variable.bindings {
      if let block = binding.accessorBlock {
        guard case .accessors(let accessors) = block.accessors,
          accessors.allSatisfy({ ["willSet", "didSet"].contains($0.accessorSpecifier.text) })
        else { continue }
      }
      names.insert(binding.pattern.trimmedDescription.filter { $0 != "`" })
    }
  }
  return names
}

/// Whether a node is within `#if`.
func isConditional(_ node: Syntax) -> Bool {
  var ancestor = node.parent
  while let node = ancestor, !node.is(IfConfigDeclSyntax.self) { ancestor = node.parent }
  return ancestor != nil
}

/// `Probe` of `Module.Probe`, `Module::Probe` and `Probe<Int>`.
func lastWord(_ type: TypeSyntax) -> String {
  var text = type.trimmedDescription.filter { $0 != "`" && !$0.isWhitespace }
  if let clause = text.firstIndex(of: "<") { text = String(text[..<clause]) }
  return text.split { $0 == "." || $0 == ":" }.last.map(String.init) ?? text
}

/// The attributes of a list, including those within `#if`.
func allAttributes(under node: Syntax) -> [AttributeSyntax] {
  if let attribute = node.as(AttributeSyntax.self) { return [attribute] }
  return node.children(viewMode: .sourceAccurate).flatMap(allAttributes)
}

/// Whether a node declares a type whose name is a token of the node itself.
func isType(_ node: Syntax) -> Bool {
  switch node.kind {
  case .structDecl, .enumDecl, .classDecl, .actorDecl, .protocolDecl, .typeAliasDecl,
    .associatedTypeDecl,
    .genericParameter:
    true
  default: false
  }
}

/// Whether a node declares something whose name is a token of the node itself.
func isDeclaration(_ node: Syntax) -> Bool {
  switch node.kind {
  case .functionDecl, .macroDecl, .identifierPattern, .enumCaseElement, .functionParameter,
    .enumCaseParameter,
    .closureParameter, .closureShorthandParameter, .operatorDecl, .precedenceGroupDecl:
    true
  default: isType(node)
  }
}

/// Collects the offences of a file, with their positions.
final class Gate: SyntaxVisitor {
  private(set) var offences: [(position: AbsolutePosition, words: String)] = []
  private let drivers: [String: String]
  private let types: Set<String>
  private let stored: [String: Set<String>]
  private let kernelModules: [String]

  init(_ drivers: Drivers) {
    self.drivers = drivers.macros
    kernelModules = drivers.kernelModules
    types = drivers.types
    stored = drivers.stored
    super.init(viewMode: .sourceAccurate)
  }

  private func refuse(_ words: String, at node: some SyntaxProtocol) {
    offences.append((node.positionAfterSkippingLeadingTrivia, words))
  }

  /// Checks one token. Comments are trivia, and the text of a string literal is a segment, so
  /// neither is a token of the kinds below. The content of an interpolation consists of ordinary
  /// tokens, and so does the code of an inactive `#if` branch.
  override func visit(_ token: TokenSyntax) -> SyntaxVisitorContinueKind {
    for piece in token.leadingTrivia.pieces + token.trailingTrivia.pieces {
      if case .unexpectedText(let text) = piece {
        refuse("\(text): text that is not Swift", at: token)
      }
    }
    switch token.tokenKind {
    case .exclamationMark:
      switch token.previousToken(viewMode: .sourceAccurate)?.tokenKind {
      case .keyword(.try): refuse("try!", at: token)
      case .keyword(.as): refuse("as!", at: token)
      default: refuse("!", at: token)
      }
    case .identifier, .keyword, .dollarIdentifier:
      let text = token.text.filter { $0 != "`" }
      // A raw identifier may contain what the ownership gate looks for in the compiler's output.
      let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "$" }
      if !isPlain { refuse("`\(text)`: a name of letters, digits and '_'", at: token) }
      let next = token.nextToken(viewMode: .sourceAccurate)?.tokenKind
      if words.contains(text) {
        refuse(text, at: token)
      } else if functions.contains(text), next == .leftParen {
        refuse(text, at: token)
      } else if printers.contains(text), next == .leftParen, isOfSwift(token) {
        refuse(
          "\(text)(…): the kernel has no terminal; log(.info, …) writes to its log", at: token)
      } else if text.hasPrefix("_"), text != "_", !underscored.union(arguments).contains(text) {
        // These names belong to the libraries and to the macros' code. Some of them are unsafe,
        // although they are not marked so.
        refuse(text, at: token)
      } else if text == "Escapable",
        case .prefixOperator("~")? = token.previousToken(viewMode: .sourceAccurate)?.tokenKind
      {
        // Hole H1: a type or a generic parameter of the driver that is `~Escapable` could hold
        // every view.
        refuse("~Escapable", at: token)
      } else if text == "externalMacro" {
        refuse("#externalMacro", at: token)
      } else if token.text == "`Self`", token.parent.map(isDeclaration) == true {
        // The macros' code uses `Self`, and would find the driver's type of that name.
        refuse("\(text) for a type of its own", at: token)
      } else if modules.contains(text), token.parent.map(isDeclaration) == true {
        refuse("\(text) for something of its own", at: token)
      } else if text.hasPrefix("_"), text != "_", text != "__always", !isAttribute(token) {
        // Names that the macros and the standard library reserve. The branch above leaves only
        // those in `underscored`, which are allowed solely as attributes.
        refuse(text, at: token)
      }
    default:
      break
    }
    return .visitChildren
  }

  /// Whether a name that is called may be Swift's own: it is no method, and no declaration.
  private func isOfSwift(_ token: TokenSyntax) -> Bool {
    guard let before = token.previousToken(viewMode: .sourceAccurate) else { return true }
    if before.tokenKind == .keyword(.func) { return false }
    guard before.tokenKind == .period else { return true }
    return before.previousToken(viewMode: .sourceAccurate)?.text == "Swift"
  }

  /// Whether a token is an attribute's name. The visit of the attribute checks that.
  private func isAttribute(_ token: TokenSyntax) -> Bool {
    token.parent?.parent?.as(AttributeSyntax.self)?.attributeName.firstToken(
      viewMode: .sourceAccurate) == token
  }

  override func visit(_ selector: ModuleSelectorSyntax) -> SyntaxVisitorContinueKind {
    let name = selector.moduleName.text.filter { $0 != "`" }
    if modules.contains(name) { return .skipChildren }
    refuse("\(name)::", at: selector)
    return .skipChildren
  }

  /// Checks a number that is an argument of a type, such as an array's count. The compiler counts
  /// the bytes of a type in 32 bits, so a larger type has less memory than elements (hole H6).
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

  /// Refuses a regular expression literal: the gate does not look inside it, and the compiler could
  /// parse the same text differently.
  override func visit(_ literal: RegexLiteralExprSyntax) -> SyntaxVisitorContinueKind {
    refuse("a regular expression", at: literal)
    return .skipChildren
  }

  /// Refuses a condition that is more than names. Behind a condition such as `swift(>=99)` the
  /// compiler does not parse the inactive branch, but only separates its tokens, and reports no
  /// errors. Where it and this gate's parser separate them differently, the branch may end earlier
  /// for the compiler.
  override func visit(_ clause: IfConfigClauseSyntax) -> SyntaxVisitorContinueKind {
    guard let condition = clause.condition else { return .visitChildren }
    let operators: Set<String> = ["!", "&&", "||", "(", ")"]
    let isNames = condition.tokens(viewMode: .sourceAccurate).allSatisfy { token in
      switch token.tokenKind {
      case .identifier: token.nextToken(viewMode: .sourceAccurate)?.tokenKind != .leftParen
      case .keyword(.true), .keyword(.false): true
      default: operators.contains(token.text)
      }
    }
    if !isNames {
      refuse(
        "#if \(condition.trimmedDescription): only names that the build defines", at: condition)
    }
    return .visitChildren
  }

  override func visit(_ declaration: MacroDeclSyntax) -> SyntaxVisitorContinueKind {
    refuse("macro", at: declaration.macroKeyword)
    return .visitChildren
  }

  override func visit(_ declaration: OperatorDeclSyntax) -> SyntaxVisitorContinueKind {
    refuse("operator", at: declaration.operatorKeyword)
    return .visitChildren
  }

  /// Refuses operators outside the driver's own types. An operator of a driver's type is no better
  /// match for other types than the library's.
  override func visit(_ method: FunctionDeclSyntax) -> SyntaxVisitorContinueKind {
    switch method.name.tokenKind {
    case .binaryOperator, .prefixOperator, .postfixOperator: break
    default: return .visitChildren
    }
    var ancestor = method.parent
    while let node = ancestor, !node.isProtocol(DeclGroupSyntax.self) { ancestor = node.parent }
    if let node = ancestor, node.is(StructDeclSyntax.self) || node.is(EnumDeclSyntax.self) {
      return .visitChildren
    }
    if let extended = ancestor?.as(ExtensionDeclSyntax.self)?.extendedType {
      let name = extended.trimmedDescription.filter { $0 != "`" && !$0.isWhitespace }.prefix {
        $0 != "<"
      }
      if types.contains(String(name)) { return .visitChildren }
    }
    refuse("func \(method.name.text) outside of a type of its own", at: method.name)
    return .visitChildren
  }

  override func visit(_ alias: TypeAliasDeclSyntax) -> SyntaxVisitorContinueKind {
    // An alias would allow the type to be extended under another name.
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
      // The attribute's name has been refused, so only its arguments are visited.
      if let arguments = attribute.arguments { walk(arguments) }
      return .skipChildren
    }
    return .visitChildren
  }

  override func visit(_ type: StructDeclSyntax) -> SyntaxVisitorContinueKind {
    let name = type.name.text.filter { $0 != "`" }
    if let first = kernelModules.first, first != name, kernelModules.contains(name) {
      refuse(
        "@KernelModule at '\(name)': a module has one, and it stands at '\(first)'", at: type)
    }
    guard let macro = drivers[name] else { return .visitChildren }
    // Like the gate, the macro does not know which branch of an `#if` is active.
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

  private func refuseOperations(of macro: String, under node: some SyntaxProtocol, _ place: String)
  {
    for child in node.children(viewMode: .sourceAccurate) {
      if let method = child.as(FunctionDeclSyntax.self) {
        guard operations[macro, default: []].contains(method.name.text.filter({ $0 != "`" })) else {
          continue
        }
        refuse(
          "func \(method.name.text) \(place): @\(macro) would not see it", at: method.funcKeyword)
      } else if !child.is(CodeBlockSyntax.self) {
        refuseOperations(of: macro, under: child, place)
      }
    }
  }

  /// Refuses a closure or a local function that takes a closure (hole H5). The closure that it
  /// receives may change a variable that the function has captured and borrowed at that time. The
  /// compiler checks this neither in the function nor at the call. A name for a function's type is
  /// refused too, because it would hide such a parameter.
  override func visit(_ type: FunctionTypeSyntax) -> SyntaxVisitorContinueKind {
    var ancestor = type.parent
    while let node = ancestor {
      switch node.kind {
      case .typeAliasDecl, .associatedTypeDecl:
        refuse(
          "a name for a function's type: it would hide that a local function takes a closure",
          at: type)
        return .visitChildren
      case .closureParameter, .functionType:
        // The result of a closure is allowed to be a closure.
        if node.is(FunctionTypeSyntax.self),
          type.position >= node.cast(FunctionTypeSyntax.self).returnClause.position
        {
          break
        }
        refuse(
          "a closure that takes a closure, which may change what it has borrowed: pass it what it needs",
          at: type)
        return .visitChildren
      case .functionParameter:
        if let function = node.parent?.parent?.parent?.parent, function.is(FunctionDeclSyntax.self),
          isLocal(function)
        {
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

  /// Whether a declaration is inside a function body, a closure or an accessor.
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

  /// Refuses a closure that takes arguments and is called in place, for the same reason.
  override func visit(_ call: FunctionCallExprSyntax) -> SyntaxVisitorContinueKind {
    let hasArguments = !call.arguments.isEmpty || call.trailingClosure != nil
    let callee = call.calledExpression
    if hasArguments, callee.is(ClosureExprSyntax.self) || callee.is(TupleExprSyntax.self) {
      refuse("{ … }(…): call a function by its name", at: call)
    }
    return .visitChildren
  }

  /// Checks the initialisers that throw or return nil. The compiler may end a stored property that
  /// is assigned within `do` with a `catch` on paths on which the property was never made.
  override func visit(_ initializer: InitializerDeclSyntax) -> SyntaxVisitorContinueKind {
    let mayFail =
      initializer.signature.effectSpecifiers?.throwsClause != nil || initializer.optionalMark != nil
    guard mayFail, let body = initializer.body else { return .visitChildren }
    var ancestor = initializer.parent
    while let node = ancestor, !node.is(StructDeclSyntax.self), !node.is(EnumDeclSyntax.self),
      !node.is(ExtensionDeclSyntax.self)
    {
      ancestor = node.parent
    }
    // An extension's struct may be that of another file; its name decides.
    let stored =
      if let type = ancestor?.as(StructDeclSyntax.self) {
        storedProperties(of: type)
      } else if let type = ancestor?.as(ExtensionDeclSyntax.self) {
        self.stored[lastWord(type.extendedType)] ?? []
      } else {
        Set<String>()
      }
    refuseAssignments(to: stored, under: Syntax(body), isGuarded: false)
    return .visitChildren
  }

  private func refuseAssignments(to stored: Set<String>, under node: Syntax, isGuarded: Bool) {
    for child in node.children(viewMode: .sourceAccurate) {
      if child.is(ClosureExprSyntax.self) || child.is(FunctionDeclSyntax.self) { continue }
      let isDo = child.as(DoStmtSyntax.self).map { !$0.catchClauses.isEmpty } ?? false
      if isGuarded, let sequence = child.as(SequenceExprSyntax.self),
        let place = sequence.elements.first,
        sequence.elements.dropFirst().first?.is(AssignmentExprSyntax.self) == true
      {
        let text = place.trimmedDescription.filter {
          $0 != "`" && $0 != "(" && $0 != ")" && !$0.isWhitespace
        }
        let name = text.hasPrefix("self.") ? String(text.dropFirst(5)) : text
        if stored.contains(name) {
          refuse("\(text) = … within 'do' in an initializer: store it after that", at: place)
        }
      }
      refuseAssignments(to: stored, under: child, isGuarded: isGuarded || isDo)
    }
  }

  override func visit(_ statement: ImportDeclSyntax) -> SyntaxVisitorContinueKind {
    let path = statement.path.map(\.name.text)
    // A second component is a declaration after `import struct` and the like, and a submodule
    // otherwise.
    guard let module = path.first, importable.contains(module),
      path.count == 1 || statement.importKindSpecifier != nil
    else {
      refuse("import \(path.joined(separator: "."))", at: statement.importKeyword)
      walk(statement.attributes)
      return .skipChildren
    }
    return .visitChildren
  }
}

@main
enum GateSource {
  static func main() {
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
      // The compiler reports no errors in some inactive branches of `#if`. What this parser
      // understands only in part is not checked, so it is refused.
      if tree.hasError {
        for diagnostic in ParseDiagnosticsGenerator.diagnostics(for: tree)
        where diagnostic.diagMessage.severity == .error {
          let place = converter.location(for: diagnostic.position)
          FileHandle.standardError.write(
            Data(
              "\(file):\(place.line):\(place.column): error: \(diagnostic.message) (gate-source)\n"
                .utf8
            ))
        }
        status = 1
      }
      for offence in gate.offences.sorted(by: { $0.position < $1.position }) {
        let place = converter.location(for: offence.position)
        FileHandle.standardError.write(
          Data(
            "\(file):\(place.line):\(place.column): error: drivers may not say '\(offence.words)' (gate-source)\n"
              .utf8))
        status = 1
      }
    }
    exit(status)
  }
}
