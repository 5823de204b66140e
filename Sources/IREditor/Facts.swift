// SPDX-License-Identifier: GPL-2.0-only
// What the edits have to know of the whole file before they begin.

/// What the editor's first reading of a file finds.
struct Facts {
  /// A group of attributes that functions or calls refer to by its number.
  struct Group {
    let doesNotReturn: Bool
    /// Whether the group has the attribute that the kernel's attributes replace.
    let hasFramePointer: Bool
  }

  private(set) var groups: [Int: Group] = [:]
  /// Each function's line, by the name as it is written.
  private(set) var functions: [String: FunctionLine] = [:]
  /// The parameters of each function that a C function may become another name of.
  private(set) var bodies: [String: [Parameter]?] = [:]
  /// The numbers of the functions without a name that get one.
  private(set) var nameless: Set<String> = []
  /// The Swift functions whose C functions extend the result to a register.
  private(set) var extended: Set<String> = []

  mutating func add(_ line: FunctionLine) throws(Refusal) {
    let name = line.name.text
    functions[name] = line
    guard line.isDefinition else { return }
    let isSwift = line.convention?.text == "swiftcc"
    if isSwift, line.isProtected { bodies[name] = try line.parameters() }
    if isSwift, line.linkage?.text == "private", line.isNameless { nameless.insert(name) }
    if line.isProtected, line.resultAttributes.contains(where: { $0.name == "zeroext" }),
      let body = bodyName(ofThunk: name)
    {
      extended.insert(body)
    }
  }

  /// Adds a line `attributes #12 = { … }`.
  mutating func addGroup(_ line: ArraySlice<UInt8>) throws(Refusal) {
    var lexer = Lexer(line)
    _ = try lexer.next()
    let group = try lexer.need("the number of a group")
    guard let number = group.number else {
      throw Refusal("'\(group.text)' stands where the number of a group is expected")
    }
    try lexer.need(mark: "=")
    try lexer.need(mark: "{")
    var doesNotReturn = false
    var hasFramePointer = false
    while let token = try lexer.next() {
      if token.isWord("noreturn") { doesNotReturn = true }
      guard token.kind == .string, token.text == "\"frame-pointer\"" else { continue }
      try lexer.need(mark: "=")
      let value = try lexer.need("a value")
      guard value.text == "\"all\"" else {
        throw Refusal("functions have the frame pointer \(value.text), and not \"all\"")
      }
      hasFramePointer = true
    }
    groups[number] = Group(doesNotReturn: doesNotReturn, hasFramePointer: hasFramePointer)
  }

  /// Whether a function never returns.
  func doesNotReturn(function name: String) -> Bool {
    guard let line = functions[name] else { return false }
    return doesNotReturn(group: line.group) || line.attributes.contains("noreturn")
  }

  func doesNotReturn(group: Int?) -> Bool { group.flatMap { groups[$0] }?.doesNotReturn ?? false }
}

/// The name of the Swift function that swiftc's C function with this name calls, or nil if the name
/// is not one of a C function of swiftc's.
func bodyName(ofThunk name: String) -> String? {
  guard name.hasPrefix("@\""), name.hasSuffix("To\"") else { return nil }
  return name.dropLast(3) + "\""
}
