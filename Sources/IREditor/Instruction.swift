// SPDX-License-Identifier: GPL-2.0-only
// A line of a function.

/// An instruction, in a line of its own.
struct Instruction {
  /// The name of its value, or nil.
  let result: String?
  let opcode: String
  /// Whether a call is marked as the last of its function.
  let isTail: Bool
  /// What is behind the opcode.
  var operands: Lexer

  /// The instructions that swiftc writes for the kernel. Exceptions are not among them, and neither
  /// are jumps to a computed address.
  private static let opcodes: Set<String> = [
    "ret", "br", "switch", "unreachable", "call", "phi", "select", "freeze", "icmp", "fcmp",
    "add", "sub", "mul", "udiv", "sdiv", "urem", "srem", "shl", "lshr", "ashr", "and", "or", "xor",
    "fneg", "fadd", "fsub", "fmul", "fdiv", "frem",
    "extractelement", "insertelement", "shufflevector", "extractvalue", "insertvalue",
    "alloca", "load", "store", "fence", "cmpxchg", "atomicrmw", "getelementptr",
    "trunc", "zext", "sext", "fptrunc", "fpext", "fptoui", "fptosi", "uitofp", "sitofp",
    "ptrtoint", "inttoptr", "bitcast",
  ]

  /// Returns nil if the line is none: a label, a comment, a record for the debugger.
  init?(_ line: ArraySlice<UInt8>) throws(Refusal) {
    guard line.starts(with: "  ".utf8), let third = line.dropFirst(2).first,
      third != UInt8(ascii: " "), third != UInt8(ascii: "#"), third != UInt8(ascii: "]")
    else { return nil }
    var lexer = Lexer(line)
    var token = try lexer.need("an instruction")
    var result: String?
    if token.kind == .local {
      result = token.text
      try lexer.need(mark: "=")
      token = try lexer.need("an instruction")
    }
    self.result = result
    isTail = token.isWord("tail")
    if isTail || token.isWord("notail") { token = try lexer.need("an instruction") }
    guard token.kind == .word, Self.opcodes.contains(token.text) else {
      throw Refusal("'\(token.text)' is not a known instruction")
    }
    opcode = token.text
    operands = lexer
  }

  /// The operand of a conversion between the types, and the name of the result, or nil if it is
  /// another.
  mutating func conversion(from: String, to: String) throws(Refusal) -> (String, String)? {
    guard let result, try operands.type() == from, let value = try operands.next(),
      try operands.take(word: "to"), try operands.type() == to
    else { return nil }
    return (value.text, result)
  }
}
