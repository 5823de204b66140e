// SPDX-License-Identifier: GPL-2.0-only
// A C function that only calls a Swift function with its own arguments.

/// Decides whether a C function does nothing but call its body, so that it can be another name of
/// the body.
///
/// Both calling conventions pass up to six numbers or addresses, and the result, in the same
/// registers.
struct Thunk {
  /// The types of the C function's parameters.
  let types: [String]

  private static let words: Set<String> = ["ptr", "i1", "i8", "i32", "i64"]
  /// The types of results of which one is as good as another: a register.
  private static let registers: Set<String> = ["ptr", "i32", "i64"]
  /// The attributes of parameters that are not in the register of their position, or that are the
  /// memory to which it points.
  private static let elsewhere: Set<String> = [
    "byval", "byref", "sret", "inalloca", "preallocated", "inreg", "nest", "swiftself",
    "swiftasync",
  ]

  /// Returns nil if the function has to stay a function.
  ///
  /// - Parameters:
  ///   - function: the C function's first line.
  ///   - body: the name of the Swift function, as it is written.
  ///   - parameters: the Swift function's parameters.
  ///   - lines: the lines between the C function's first and its last.
  init?(
    _ function: FunctionLine, body: String, parameters: [Parameter],
    lines: some Sequence<ArraySlice<UInt8>>
  ) throws(Refusal) {
    let known: Set<String> = ["zeroext", "noundef", "nonnull"]
    guard function.isProtected, function.convention == nil, !function.hasSection,
      function.result == "void" || Self.words.contains(function.result),
      function.resultAttributes.allSatisfy({ known.contains($0.name) || $0.hasArguments }),
      let own = try function.parameters(), own.count <= 6, own.count == parameters.count
    else { return nil }

    // Where each value was passed: the position of its parameter.
    var positions: [String: Int] = [:]
    for (position, (parameter, other)) in zip(own, parameters).enumerated() {
      guard Self.words.contains(parameter.type), let name = parameter.value, isNumbered(name),
        !Self.isElsewhere(parameter), !Self.isElsewhere(other)
      else { return nil }
      // C's caller has extended a small number as C's parameter says.
      for extension_ in ["zeroext", "signext"]
      where other.has(extension_) && !parameter.has(extension_) {
        return nil
      }
      positions[name] = position
    }

    /// The value that the function returns; until the call there is none.
    var value: String?
    var hasReturned = false
    for line in lines {
      if line.elementsEqual("entry:".utf8) { continue }
      guard !hasReturned, var instruction = try Instruction(line) else { return nil }
      switch instruction.opcode {
      case "ptrtoint" where value == nil:
        // An address that becomes a number stays in the same register.
        guard let (from, name) = try instruction.conversion(from: "ptr", to: "i64"),
          let position = positions[from]
        else { return nil }
        positions[name] = position
      case "inttoptr" where value != nil:
        guard let (from, name) = try instruction.conversion(from: "i64", to: "ptr"), from == value
        else { return nil }
        value = name
      case "call" where value == nil:
        let call = try Call(instruction.operands, isTail: instruction.isTail)
        guard Self.passes(call, to: body, function, positions) else { return nil }
        guard let arguments = try call.simpleArguments(), arguments.count == own.count else {
          return nil
        }
        for (position, argument) in arguments.enumerated() {
          guard Self.words.contains(argument.type), let name = argument.value,
            argument.attributes.allSatisfy(\.hasArguments), !Self.isElsewhere(argument)
          else { return nil }
          if name == "poison" || name == "undef" { continue }
          guard positions[name] == position else { return nil }
        }
        value = instruction.result ?? "void"
      case "ret" where value != nil:
        guard try instruction.operands.type() == function.result else { return nil }
        if function.result != "void" {
          guard try instruction.operands.next()?.text == value else { return nil }
        }
        hasReturned = true
      default: return nil
      }
    }
    guard hasReturned else { return nil }
    types = own.map(\.type)
  }

  private static func isElsewhere(_ parameter: Parameter) -> Bool {
    parameter.attributes.contains { elsewhere.contains($0.name) }
  }

  /// Whether the call is of the body, and leaves the result where the C function returns it.
  private static func passes(
    _ call: Call, to body: String, _ function: FunctionLine, _ positions: [String: Int]
  ) -> Bool {
    guard call.isTail, call.convention == "swiftcc", call.callee == .function(body) else {
      return false
    }
    let known: Set<String> = ["noundef", "nonnull"]
    guard call.resultAttributes.allSatisfy({ known.contains($0.name) || $0.hasArguments }) else {
      return false
    }
    return call.result == function.result
      || registers.contains(call.result) && registers.contains(function.result)
  }
}

/// Whether a value's name is a number, such as `%0`.
private func isNumbered(_ name: String) -> Bool {
  name.utf8.first == UInt8(ascii: "%") && name.utf8.count > 1
    && name.utf8.dropFirst().allSatisfy(isDigit)
}
