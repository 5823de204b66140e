// SPDX-License-Identifier: GPL-2.0-only
// The edits of LLVM's intermediate code between swiftc and clang.

/// Edits a file of LLVM's intermediate code. kbuild/flags.mk has the reasons.
///
/// - A thrown error is passed in memory, not in a register that C preserves: `swifterror` is
///   removed.
/// - Functions get the kernel's string attributes. They require no frame pointer, because objtool
///   generates ORC data.
/// - The names of Swift functions and variables, which begin with "$", get a "_" in front. The
///   kernel takes names that begin with "$" for an assembler's marks (`is_mapping_symbol`), and
///   omits them from stack traces and from ftrace.
/// - A Swift function that LLVM made of two equal ones has no name. It gets one, because objtool
///   needs the symbol of each function that is called.
/// - A C function that only calls a Swift function with its own arguments becomes an alias of that
///   function, so that an operation of the kernel is one call instead of two. See `Thunk`.
/// - A place that the compiler considers unreachable becomes a trap, so that execution cannot
///   continue into the next function. It stays as it is after a call that does not return, and
///   after assembly (the kernel's own BUG()).
///
/// Every line of the file has a form that is known here. Any other is refused, with a sentence that
/// says what is not known.
struct Editor {
  /// The whole text.
  private let text: [UInt8]
  private let lines: [Range<Int>]
  private let attributes: String
  private var facts = Facts()
  private var output: [UInt8] = []
  /// Whether a line of the output calls the trap function.
  private var needsTrap = false

  private static let trap = "@apus_trap"
  private static let framePointer = "\"frame-pointer\"=\"all\""

  /// The functions that need no attributes of the kernel. They are empty functions of Swift's
  /// runtime that no code calls, and the linker drops them.
  private static let dropped: Set<String> = ["@swift_beginAccess", "@swift_endAccess"]

  /// Returns the edited text.
  ///
  /// - Parameters:
  ///   - text: the text, as swiftc wrote it.
  ///   - attributes: the string attributes of every function.
  /// - Throws: a refusal, with the number of the line.
  static func edited(_ text: [UInt8], attributes: String) throws(Refusal) -> [UInt8] {
    var editor = Editor(text, attributes: attributes)
    return try editor.edited()
  }

  private init(_ text: [UInt8], attributes: String) {
    self.text = text
    self.attributes = attributes
    var lines: [Range<Int>] = []
    var start = 0
    while start < text.count {
      let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
      lines.append(start..<end)
      start = end + 1
    }
    self.lines = lines
  }

  private mutating func edited() throws(Refusal) -> [UInt8] {
    output.reserveCapacity(text.count + text.count / 16)
    var number = 0
    do throws(Refusal) {
      // The first reading.
      while number < lines.count {
        number = try read(number)
      }
      // The second.
      number = 0
      while number < lines.count {
        number = try edit(number)
      }
    } catch {
      throw error.line == 0 ? refusal(error, at: number) : error
    }
    if needsTrap, facts.functions[Self.trap] == nil {
      put("declare void \(Self.trap)() cold noreturn\n")
    }
    return output
  }

  private func refusal(_ refusal: Refusal, at number: Int) -> Refusal {
    var refusal = refusal
    refusal.line = number + 1
    return refusal
  }

  private func line(_ number: Int) -> ArraySlice<UInt8> { text[lines[number]] }

  // MARK: - The first reading

  /// Reads a line outside of functions. Returns the number of the next such line.
  private mutating func read(_ number: Int) throws(Refusal) -> Int {
    let line = line(number)
    switch try Form(line) {
    case .declaration: try facts.add(FunctionLine(line))
    case .group: try facts.addGroup(line)
    case .definition:
      try facts.add(FunctionLine(line))
      return try end(ofFunctionAt: number) + 1
    case .other: break
    }
    return number + 1
  }

  /// The number of the function's last line.
  private func end(ofFunctionAt first: Int) throws(Refusal) -> Int {
    var number = first + 1
    while number < lines.count {
      let line = line(number)
      if line.first == UInt8(ascii: "}") {
        guard line.count == 1 else {
          throw refusal(Refusal("something stands behind the '}' of a function"), at: number)
        }
        return number
      }
      number += 1
    }
    throw Refusal("the function does not end")
  }

  // MARK: - The second reading

  /// Edits a line outside of functions, or a whole function. Returns the number of the next line.
  private mutating func edit(_ number: Int) throws(Refusal) -> Int {
    let line = line(number)
    switch try Form(line) {
    case .group: try putGroup(line)
    case .definition: return try editFunction(number)
    case .declaration, .other: try put(line)
    }
    return number + 1
  }

  /// Writes a group of attributes, with those for the kernel's functions.
  private mutating func putGroup(_ line: ArraySlice<UInt8>) throws(Refusal) {
    let text = String(decoding: line, as: UTF8.self)
    let parts = text.split(
      separator: Self.framePointer, maxSplits: 1, omittingEmptySubsequences: false)
    put(parts.joined(separator: attributes) + "\n")
  }

  private mutating func editFunction(_ first: Int) throws(Refusal) -> Int {
    let function = try FunctionLine(line(first))
    let end = try end(ofFunctionAt: first)
    let name = function.name.text
    let group = function.group.flatMap { facts.groups[$0] }
    guard group?.hasFramePointer == true || Self.dropped.contains(name) else {
      throw Refusal(
        "the function has no group of attributes with \(Self.framePointer), so it would not get "
          + "those of the kernel")
    }

    // Another name of its body?
    if let body = bodyName(ofThunk: name), let parameters = facts.bodies[body] ?? nil {
      do throws(Refusal) {
        let inner = ((first + 1)..<end).lazy.map { [self] in line($0) }
        if let thunk = try Thunk(function, body: body, parameters: parameters, lines: inner) {
          put(
            "\(edited(name)) = protected alias \(function.result) "
              + "(\(thunk.types.joined(separator: ", "))), ptr \(edited(body))\n")
          return end + 1
        }
      } catch {
        throw refusal(error, at: first)
      }
    }

    try putFirstLine(function, line(first))
    try putLines((first + 1)..<end)
    put("}\n")
    return end + 1
  }

  /// Writes the first line of a function.
  private mutating func putFirstLine(_ function: FunctionLine, _ line: ArraySlice<UInt8>)
    throws(Refusal)
  {
    var rest = line
    if let linkage = function.linkage, facts.nameless.contains(function.name.text) {
      // The assembler drops the name of a private function.
      output += line[..<linkage.range.lowerBound]
      output += "internal".utf8
      rest = line[linkage.range.upperBound...]
    } else if let convention = function.convention, function.isProtected,
      facts.extended.contains(function.name.text)
    {
      // C callers may rely on the bits above a byte in a register.
      output += line[..<convention.range.upperBound]
      output += " zeroext".utf8
      rest = line[convention.range.upperBound...]
    }
    try put(rest)
  }

  /// Writes the lines of a function between its first and its last.
  private mutating func putLines(_ numbers: Range<Int>) throws(Refusal) {
    var isInSwitch = false
    // The instruction before, in the same block.
    var last: Instruction?
    for number in numbers {
      let line = line(number)
      do throws(Refusal) {
        if let instruction = try Instruction(line) {
          if isInSwitch { throw Refusal("an instruction stands among the cases of a 'switch'") }
          try check(instruction)
          if instruction.opcode == "unreachable", try !isEnd(last) { try putTrap(instruction) }
          isInSwitch = instruction.opcode == "switch" && line.last == UInt8(ascii: "[")
          last = instruction
        } else if isInSwitch {
          if line.elementsEqual("  ]".utf8) || line.starts(with: "  ], !".utf8) {
            isInSwitch = false
          } else if !line.starts(with: "    i".utf8) {
            throw Refusal("the line is not a known case of a 'switch'")
          }
        } else if isLabel(line) {
          last = nil
        } else if !isRecord(line), !line.isEmpty, line.first != UInt8(ascii: ";") {
          throw Refusal("the line is neither a known instruction, nor a label")
        }
        try put(line)
      } catch {
        throw refusal(error, at: number)
      }
    }
  }

  /// Refuses an instruction whose form would matter to an edit and is not known.
  private func check(_ instruction: Instruction) throws(Refusal) {
    if instruction.opcode == "call" {
      _ = try Call(instruction.operands, isTail: instruction.isTail)
    }
  }

  /// Whether execution does not continue behind the instruction, so that nothing has to stop it.
  private func isEnd(_ instruction: Instruction?) throws(Refusal) -> Bool {
    guard let instruction, instruction.opcode == "call" else { return false }
    let call = try Call(instruction.operands, isTail: instruction.isTail)
    switch call.callee {
    case .assembly(let hasSideEffects) where hasSideEffects: return true
    case .function(let name) where name == "@llvm.trap" || facts.doesNotReturn(function: name):
      return true
    case .assembly, .function, .value: break
    }
    let attributes = try call.attributes()
    return facts.doesNotReturn(group: attributes.group) || attributes.words.contains("noreturn")
  }

  /// Writes a call of the trap function, at the place of the instruction.
  private mutating func putTrap(_ instruction: Instruction) throws(Refusal) {
    var operands = instruction.operands
    var location = ""
    while let token = try operands.next() {
      if token.kind == .metadata, token.text == "!dbg" {
        location = ", !dbg \(try operands.need("the place of an instruction").text)"
      }
    }
    put("  call void \(Self.trap)()\(location)\n")
    needsTrap = true
  }

  /// Whether the line begins a block.
  private func isLabel(_ line: ArraySlice<UInt8>) -> Bool {
    guard let first = line.first, isOfWord(first) || first == UInt8(ascii: "\"") else {
      return false
    }
    guard first == UInt8(ascii: "\"") else {
      return line.first { !isOfWord($0) } == UInt8(ascii: ":")
    }
    guard let end = try? endOfString(in: line, at: line.startIndex) else { return false }
    return line[end...].first == UInt8(ascii: ":")
  }

  /// Whether the line is a record for the debugger.
  private func isRecord(_ line: ArraySlice<UInt8>) -> Bool {
    line.drop { $0 == UInt8(ascii: " ") }.starts(with: "#dbg_".utf8)
  }

  // MARK: - Names, and thrown errors

  /// A name as the output has it.
  private func edited(_ name: String) -> String {
    if name.hasPrefix("@\"$") { return "@\"_$" + name.dropFirst(3) }
    return facts.nameless.contains(name) ? "@_merged_" + name.dropFirst() : name
  }

  private mutating func put(_ text: String) { output += text.utf8 }

  /// Writes a line with the names of the output, and without `swifterror`.
  private mutating func put(_ line: ArraySlice<UInt8>) throws(Refusal) {
    // What has been written of the line ends here.
    var written = line.startIndex
    var position = line.startIndex
    while position < line.endIndex {
      switch line[position] {
      case UInt8(ascii: "\""): position = try endOfString(in: line, at: position)
      case UInt8(ascii: ";"): position = line.endIndex
      case UInt8(ascii: "@"):
        let start = position
        position += 1
        if position < line.endIndex, line[position] == UInt8(ascii: "\"") {
          position = try endOfString(in: line, at: position)
          guard line[start + 2] == UInt8(ascii: "$") else { continue }
          output += line[written..<(start + 2)]
          output.append(UInt8(ascii: "_"))
          written = start + 2
        } else {
          while position < line.endIndex, isOfWord(line[position]) { position += 1 }
          guard !facts.nameless.isEmpty || line[start...].starts(with: "@$".utf8) else { continue }
          let name = String(decoding: line[start..<position], as: UTF8.self)
          if name.hasPrefix("@$") { throw Refusal("the name '\(name)' is not in quotes") }
          guard facts.nameless.contains(name) else { continue }
          output += line[written..<start]
          put(edited(name))
          written = position
        }
      case UInt8(ascii: "s")
      where isWordAlone(line, position, 10) && line[position...].starts(with: "swifterror".utf8):
        output += line[written..<(position - 1)]
        position += 10
        written = position
      default: position += 1
      }
    }
    output += line[written...]
    output.append(UInt8(ascii: "\n"))
  }

  /// Whether the characters from the position on are a word that follows a blank.
  private func isWordAlone(_ line: ArraySlice<UInt8>, _ position: Int, _ length: Int) -> Bool {
    let end = position + length
    return position > line.startIndex && line[position - 1] == UInt8(ascii: " ")
      && (end == line.endIndex || end < line.endIndex && !isOfWord(line[end]))
  }
}

/// What a line outside of functions is.
private enum Form {
  case declaration
  case definition
  case group
  /// A line in which only names change.
  case other

  init(_ line: ArraySlice<UInt8>) throws(Refusal) {
    guard let first = line.first else {
      self = .other
      return
    }
    switch first {
    case UInt8(ascii: "!"), UInt8(ascii: ";"), UInt8(ascii: "%"): self = .other
    case UInt8(ascii: "@"):
      try Self.checkVariable(line)
      self = .other
    case UInt8(ascii: "$"):
      throw Refusal("a comdat has the name of a function, and these names change")
    default:
      let word = String(
        decoding: line.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "=") }, as: UTF8.self)
      switch word {
      case "declare": self = .declaration
      case "define": self = .definition
      case "attributes": self = .group
      case "source_filename", "target": self = .other
      case "module": throw Refusal("assembly outside of functions may use names, which change")
      default: throw Refusal("'\(word)' does not begin a known line")
      }
    }
  }

  /// Refuses what is neither a variable, nor a constant, nor another name of one or of a function.
  private static func checkVariable(_ line: ArraySlice<UInt8>) throws(Refusal) {
    var lexer = Lexer(line)
    _ = try lexer.next()
    try lexer.need(mark: "=")
    while let token = try lexer.next(), token.kind == .word || token.isMark("(") {
      switch token.text {
      case "global", "constant", "alias": return
      case "ifunc": throw Refusal("a function that is chosen when the module is loaded")
      case "(": _ = try lexer.skipBrackets()
      default: break
      }
    }
    throw Refusal("the line is neither a variable, nor a constant, nor an alias")
  }
}
