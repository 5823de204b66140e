// SPDX-License-Identifier: GPL-2.0-only
// The first line of a function, and a call.

/// The calling conventions whose meaning the edits depend on. The empty name is C's.
///
/// `swifttailcc`, for example, is not among them: it keeps a thrown error in a register even if
/// nothing says `swifterror`.
private let conventions: Set<String> = ["", "swiftcc", "fastcc", "coldcc"]

/// The attributes that a result may have.
private let resultAttributes: Set<String> = [
  "zeroext", "signext", "inreg", "noundef", "nonnull", "noalias", "align", "range",
  "dereferenceable", "dereferenceable_or_null",
]

/// A parameter of a function, or an argument of a call.
struct Parameter: Equatable {
  let type: String
  let attributes: [Attribute]
  /// The name, such as `%0`, or the constant. A declaration has none.
  let value: String?

  func has(_ name: String) -> Bool { attributes.contains { $0.name == name } }
}

extension Lexer {
  /// Reads a calling convention.
  mutating func convention() throws(Refusal) -> Token? {
    guard let token = try peek(), token.kind == .word, token.text.hasSuffix("cc") else {
      return nil
    }
    guard conventions.contains(token.text) else {
      throw Refusal(
        "the calling convention '\(token.text)' is not known, so the place of a thrown error and "
          + "the registers of its arguments are not known either")
    }
    return try next()
  }

  /// Reads the attributes of a result.
  mutating func resultAttributes() throws(Refusal) -> [Attribute] {
    try attributes { IREditor.resultAttributes.contains($0) }
  }

  /// Reads the parameters or arguments, whose opening bracket has been read. Returns nil, having
  /// read them, if one is not a type with a name or a plain constant.
  mutating func parameters() throws(Refusal) -> [Parameter]? {
    var parameters: [Parameter] = []
    if try take(mark: ")") { return parameters }
    while true {
      if try take(word: "...") {
        parameters.append(Parameter(type: "...", attributes: [], value: nil))
      } else {
        let type = try type()
        let attributes = try attributes { !Self.constants.contains($0) && !startsNumber($0) }
        var value: String?
        if let token = try peek(), token.kind != .punctuation {
          value = token.text
          _ = try next()
        }
        parameters.append(Parameter(type: type, attributes: attributes, value: value))
      }
      if try take(mark: ")") { return parameters }
      if try take(mark: ",") { continue }
      // A constant that is an expression, or metadata.
      _ = try skipBrackets()
      return nil
    }
  }

  private static let constants: Set<String> = [
    "poison", "undef", "null", "true", "false", "zeroinitializer", "none",
  ]
}

/// Whether a word is a number.
private func startsNumber(_ word: String) -> Bool {
  word.utf8.first.map { isDigit($0) || $0 == UInt8(ascii: "-") } ?? false
}

/// The line that declares or defines a function.
struct FunctionLine {
  let isDefinition: Bool
  let linkage: Token?
  let visibility: String
  let convention: Token?
  let resultAttributes: [Attribute]
  let result: String
  /// The name as it is written, such as `@"$s4main1fyyF"`.
  let name: Token
  /// The number of the attribute group.
  let group: Int?
  /// The attributes that are written out, in a declaration.
  let attributes: Set<String>
  /// The section that the function is placed in, beside its own.
  let hasSection: Bool
  private let arguments: Lexer

  private static let linkages: Set<String> = [
    "private", "internal", "available_externally", "linkonce", "linkonce_odr", "weak", "weak_odr",
    "extern_weak", "external",
  ]

  init(_ line: ArraySlice<UInt8>) throws(Refusal) {
    var lexer = Lexer(line)
    isDefinition = try lexer.need("a function").text == "define"
    while try lexer.peek()?.kind == .metadata {
      _ = try lexer.next()
    }
    var linkage: Token?
    if let token = try lexer.peek(), Self.linkages.contains(token.text) {
      linkage = try lexer.next()
    }
    self.linkage = linkage
    _ = try lexer.take(word: "dso_local")
    var visibility = ""
    for word in ["default", "hidden", "protected"] where try lexer.take(word: word) {
      visibility = word
    }
    self.visibility = visibility
    convention = try lexer.convention()
    resultAttributes = try lexer.resultAttributes()
    result = try lexer.type()
    name = try lexer.need("a name")
    guard name.kind == .global else {
      throw Refusal("'\(name.text)' stands where the name of a function is expected")
    }
    try lexer.need(mark: "(")
    arguments = lexer
    _ = try lexer.skipBrackets()

    var group: Int?
    var attributes: Set<String> = []
    var hasSection = false
    while let token = try lexer.next() {
      switch token.kind {
      case .group: group = token.number
      case .metadata: break
      case .punctuation where token.text == "{" && isDefinition:
        if let token = try lexer.next() {
          throw Refusal("'\(token.text)' stands behind the '{' of a function")
        }
      case .word where token.text == "unnamed_addr" || token.text == "local_unnamed_addr": break
      case .word where token.text == "align": _ = try lexer.need("a number")
      case .word where token.text == "section":
        _ = try lexer.need("the name of a section")
        hasSection = true
      case .word where token.text == "comdat":
        throw Refusal("the function is in a comdat, whose name would have to change as well")
      case .word where !isDefinition:
        attributes.insert(token.text)
        if try lexer.take(mark: "(") { _ = try lexer.skipBrackets() }
      default:
        throw Refusal("'\(token.text)' is not known behind the parameters of a function")
      }
    }
    self.group = group
    self.attributes = attributes
    self.hasSection = hasSection
  }

  /// Whether the name has no letters: LLVM made this function of two equal ones.
  var isNameless: Bool { name.text.utf8.dropFirst().allSatisfy(isDigit) }

  /// The parameters, or nil if one has no simple form.
  func parameters() throws(Refusal) -> [Parameter]? {
    var lexer = arguments
    return try lexer.parameters()
  }

  /// Whether other files see the function, and this file has the one that they get.
  var isProtected: Bool { linkage == nil && visibility == "protected" }
}

/// A call, up to its arguments.
struct Call {
  enum Callee: Equatable {
    case function(String)
    case value
    case assembly(hasSideEffects: Bool)
  }

  let isTail: Bool
  let convention: String
  let resultAttributes: [Attribute]
  let result: String
  let callee: Callee
  private let arguments: Lexer

  /// A call whose line continues behind `call`.
  init(_ line: Lexer, isTail: Bool) throws(Refusal) {
    var lexer = line
    self.isTail = isTail
    convention = try lexer.convention()?.text ?? ""
    resultAttributes = try lexer.resultAttributes()
    result = try lexer.type()
    // The types of the parameters of a function with variable arguments.
    if try lexer.take(mark: "(") { _ = try lexer.skipBrackets() }
    let token = try lexer.need("a function to call")
    switch token.kind {
    case .global: callee = .function(token.text)
    case .local: callee = .value
    case .word where token.text == "asm":
      var hasSideEffects = false
      while let token = try lexer.next(), token.kind != .string {
        guard ["sideeffect", "alignstack", "inteldialect"].contains(token.text) else {
          throw Refusal("'\(token.text)' is not known in assembly")
        }
        if token.text == "sideeffect" { hasSideEffects = true }
      }
      try lexer.need(mark: ",")
      _ = try lexer.need("the operands of the assembly")
      callee = .assembly(hasSideEffects: hasSideEffects)
    default: throw Refusal("'\(token.text)' is not a function that is known to be called this way")
    }
    try lexer.need(mark: "(")
    arguments = lexer
  }

  /// The arguments, or nil if one has no simple form, or if something else is passed beside them.
  func simpleArguments() throws(Refusal) -> [Parameter]? {
    var lexer = arguments
    guard let arguments = try lexer.parameters() else { return nil }
    while let token = try lexer.next() {
      if token.isMark("[") { return nil }
    }
    return arguments
  }

  /// The attributes of the call itself: the group's number, and those that are written out.
  func attributes() throws(Refusal) -> (group: Int?, words: Set<String>) {
    var lexer = arguments
    _ = try lexer.skipBrackets()
    var group: Int?
    var words: Set<String> = []
    while let token = try lexer.next(), !token.isMark(","), !token.isMark("[") {
      if token.kind == .group { group = token.number }
      if token.kind == .word { words.insert(token.text) }
    }
    return (group, words)
  }
}
