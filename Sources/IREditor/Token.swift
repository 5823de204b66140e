// SPDX-License-Identifier: GPL-2.0-only
// The tokens of a line of LLVM's intermediate code, and the sentence that refuses a line.

/// Code that the editor does not know, and therefore does not edit.
struct Refusal: Error, Equatable {
  let sentence: String
  /// The number of the line, from 1. The editor sets it.
  var line = 0

  init(_ sentence: String) { self.sentence = sentence }
}

/// A token of a line.
struct Token: Equatable {
  enum Kind {
    /// A keyword, a type such as `i32`, or a number.
    case word
    /// `@name`, `@"name"` or `@12`.
    case global
    /// `%name`, `%"name"` or `%12`.
    case local
    /// `#12`.
    case group
    /// `!name`, `!12`, or the mark in front of other metadata.
    case metadata
    /// `"text"`.
    case string
    /// One character.
    case punctuation
  }

  let kind: Kind
  /// The token as it is written.
  let text: String
  /// Its place in the text.
  let range: Range<Int>

  func isWord(_ text: String) -> Bool { kind == .word && self.text == text }

  func isMark(_ text: String) -> Bool { kind == .punctuation && self.text == text }

  /// The number of a group.
  var number: Int? { Int(text.dropFirst()) }
}

/// Reads the tokens of a line, one after the other.
struct Lexer {
  private let line: ArraySlice<UInt8>
  private var position: Int
  private var ahead: Token?

  init(_ line: ArraySlice<UInt8>) {
    self.line = line
    position = line.startIndex
  }

  /// The next token, which stays the next, or nil at the end of the line and before a comment.
  mutating func peek() throws(Refusal) -> Token? {
    if ahead == nil { ahead = try read() }
    return ahead
  }

  /// The next token, or nil at the end of the line and before a comment.
  mutating func next() throws(Refusal) -> Token? {
    let token = try peek()
    ahead = nil
    return token
  }

  /// The next token.
  mutating func need(_ noun: String) throws(Refusal) -> Token {
    guard let token = try next() else { throw Refusal("the line ends where \(noun) is expected") }
    return token
  }

  /// Reads the mark.
  mutating func need(mark: String) throws(Refusal) {
    let token = try need("'\(mark)'")
    guard token.isMark(mark) else {
      throw Refusal("'\(token.text)' stands where '\(mark)' is expected")
    }
  }

  /// Reads the token if it is the next.
  mutating func take(mark: String) throws(Refusal) -> Bool {
    guard try peek()?.isMark(mark) == true else { return false }
    ahead = nil
    return true
  }

  /// Reads the token if it is the next.
  mutating func take(word: String) throws(Refusal) -> Bool {
    guard try peek()?.isWord(word) == true else { return false }
    ahead = nil
    return true
  }

  /// Reads what is in brackets, of which the first has been read, with the closing one. Returns the
  /// closing bracket.
  mutating func skipBrackets() throws(Refusal) -> Token {
    var depth = 1
    while true {
      let token = try need("a closing bracket")
      guard token.kind == .punctuation else { continue }
      switch token.text {
      case "(", "[", "{", "<": depth += 1
      case ")", "]", "}", ">": depth -= 1
      default: break
      }
      if depth == 0 { return token }
    }
  }

  /// Reads a type, and returns it as it is written.
  mutating func type() throws(Refusal) -> String {
    let first = try need("a type")
    var last = first
    switch first.kind {
    case .local: break
    case .word where first.text == "ptr":
      if try take(word: "addrspace") {
        try need(mark: "(")
        last = try skipBrackets()
      }
    case .word where Self.types.contains(first.text) || Self.isInteger(first.text): break
    case .punctuation where "{[<".contains(first.text): last = try skipBrackets()
    default: throw Refusal("'\(first.text)' is not a known type, attribute or keyword")
    }
    return String(decoding: line[first.range.lowerBound..<last.range.upperBound], as: UTF8.self)
  }

  /// Reads the attributes of a parameter, an argument or a result, and returns those that the
  /// condition accepts.
  mutating func attributes(where accepts: (String) -> Bool) throws(Refusal) -> [Attribute] {
    var attributes: [Attribute] = []
    while let token = try peek(), token.kind == .word, accepts(token.text) {
      ahead = nil
      var hasArguments = false
      if try take(mark: "(") {
        _ = try skipBrackets()
        hasArguments = true
      } else if token.text == "align" {
        _ = try need("a number")
      }
      attributes.append(Attribute(name: token.text, hasArguments: hasArguments))
    }
    return attributes
  }

  private static let types: Set<String> = [
    "void", "half", "bfloat", "float", "double", "fp128", "x86_fp80", "metadata", "label", "token",
  ]

  private static func isInteger(_ text: String) -> Bool {
    text.utf8.first == UInt8(ascii: "i") && text.utf8.count > 1
      && text.utf8.dropFirst().allSatisfy(isDigit)
  }

  private mutating func read() throws(Refusal) -> Token? {
    while position < line.endIndex, line[position] == UInt8(ascii: " ") { position += 1 }
    guard position < line.endIndex, line[position] != UInt8(ascii: ";") else { return nil }
    let start = position
    let kind: Token.Kind
    switch line[start] {
    case UInt8(ascii: "@"): kind = .global
    case UInt8(ascii: "%"): kind = .local
    case UInt8(ascii: "#"): kind = .group
    case UInt8(ascii: "!"): kind = .metadata
    case UInt8(ascii: "\""): kind = .string
    case let byte where isOfWord(byte): kind = .word
    case let byte where "(){}[]<>,=*:|".utf8.contains(byte): kind = .punctuation
    case let byte:
      throw Refusal("the character '\(Character(UnicodeScalar(byte)))' is not known here")
    }
    switch kind {
    case .punctuation: position += 1
    case .string: position = try endOfString(in: line, at: start)
    case .word, .global, .local, .group, .metadata:
      if kind != .word { position += 1 }
      if kind == .global || kind == .local, position < line.endIndex,
        line[position] == UInt8(ascii: "\"")
      {
        position = try endOfString(in: line, at: position)
      } else {
        while position < line.endIndex, isOfWord(line[position]) { position += 1 }
      }
    }
    let text = String(decoding: line[start..<position], as: UTF8.self)
    return Token(kind: kind, text: text, range: start..<position)
  }
}

/// An attribute of a parameter, an argument or a result.
struct Attribute: Equatable {
  let name: String
  /// Whether it has arguments in brackets.
  let hasArguments: Bool
}

/// The position behind the string that starts with the quote at `start`. LLVM writes a quote in a
/// string as `\22`.
func endOfString(in line: ArraySlice<UInt8>, at start: Int) throws(Refusal) -> Int {
  var position = start + 1
  while position < line.endIndex {
    if line[position] == UInt8(ascii: "\"") { return position + 1 }
    position += 1
  }
  throw Refusal("a string does not end in its line")
}

func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

/// Whether a byte can be in a word or in a name without quotes.
func isOfWord(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
    UInt8(ascii: "$"), UInt8(ascii: "-"), UInt8(ascii: "+"):
    true
  default: false
  }
}
