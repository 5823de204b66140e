// SPDX-License-Identifier: GPL-2.0-only
// Refuses types whose size the compiler gets wrong.
//
// Swift's compiler counts the bytes of a type, and the bits of an enum's payload, in 32 bits. A
// type of 2^29 bytes and more gets a smaller size in some places (hole H6), so that memory is
// reserved for less than is written. LLVM's types have the real sizes. They are whole in the code
// that the compiler hands to LLVM; LLVM's own passes drop them. So the build has swiftc print that
// code: -Xllvm -print-before=annotation2metadata -Xllvm -print-module-scope.
//
// A type that the compiler gets wrong is made of smaller types by arrays of at most 65,536 places
// (the source gate), tuples, structs and enums. Code that reaches its places has the type, or a
// size, in its instructions. Of an array that has no bytes left, the instructions have no address;
// the debug information has its size.

/// The sizes of the types in a module.
struct TypeSizes {
  /// The most bytes that a type may have, far below the sizes that go wrong.
  static let limit: UInt64 = 1 << 24

  private var definitions: [String: ArraySlice<UInt8>] = [:]
  private var sizes: [String: Size] = [:]

  /// The bytes of a type, with a limit that it cannot exceed by overflow, and its alignment.
  struct Size: Equatable {
    var bytes: UInt64
    var alignment: UInt64 = 1

    static let most: UInt64 = 1 << 60

    mutating func add(_ other: Size, isPacked: Bool) {
      if !isPacked {
        bytes = (bytes + other.alignment - 1) / other.alignment * other.alignment
        alignment = max(alignment, other.alignment)
      }
      bytes = min(Self.most, bytes + other.bytes)
    }

    func times(_ count: UInt64) -> Size {
      let (product, overflows) = bytes.multipliedReportingOverflow(by: count)
      return Size(bytes: overflows ? Self.most : min(Self.most, product), alignment: alignment)
    }
  }

  /// The line before the code, as LLVM prints it.
  static let mark = Array("; *** IR Dump Before ".utf8)

  /// What swiftc printed without the code, and the sentences that refuse types in it. The code is
  /// nil if swiftc printed none.
  static func check(_ printed: [UInt8]) -> (rest: [UInt8], refusals: [String])? {
    var rest: [UInt8] = []
    var code: [ArraySlice<UInt8>] = []
    var isCode = false
    var isThere = false
    for line in printed.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if line.starts(with: mark) {
        isCode = true
        isThere = true
      } else if isCode, isOfCompiler(line) {
        isCode = false
      }
      if isCode {
        code.append(line)
      } else {
        rest += line
        rest.append(UInt8(ascii: "\n"))
      }
    }
    guard isThere else { return nil }
    if rest.last == UInt8(ascii: "\n"), printed.last != UInt8(ascii: "\n") { rest.removeLast() }
    var sizes = TypeSizes()
    return (rest, sizes.refusals(of: code))
  }

  /// Whether a line behind the code is a message of the compiler or the head of other output.
  private static func isOfCompiler(_ line: ArraySlice<UInt8>) -> Bool {
    guard let first = line.first else { return false }
    if line.starts(with: Array("*** ".utf8)) || line.starts(with: Array("<unknown>".utf8)) {
      return true
    }
    guard !Array(";%@$!} \t\"".utf8).contains(first) else { return false }
    let text = String(decoding: line, as: UTF8.self)
    return [": error: ", ": warning: ", ": note: "].contains { text.contains($0) }
  }

  // MARK: - The lines of the code

  mutating func refusals(of code: [ArraySlice<UInt8>]) -> [String] {
    for line in code where line.first == UInt8(ascii: "%") {
      var reader = Reader(line)
      guard let name = reader.name(), reader.take(" = type ") else { continue }
      definitions[name] = reader.rest
    }
    var refusals: [String] = []
    for name in definitions.keys.sorted() {
      let size = size(named: name)
      if size.bytes > Self.limit { refusals.append(Self.sentence("the type \(name)", size.bytes)) }
    }
    // A type with a name says enough.
    guard refusals.isEmpty else { return refusals }
    var seen: Set<String> = []
    for line in code {
      guard let first = line.first, first != UInt8(ascii: ";") else { continue }
      let refusal = first == UInt8(ascii: "!") ? refusal(ofRecord: line) : refusal(of: line)
      if let refusal, seen.insert(refusal).inserted { refusals.append(refusal) }
    }
    return refusals
  }

  private static func sentence(_ what: String, _ bytes: UInt64) -> String {
    let number = bytes >= Size.most ? "2^60 or more" : "\(bytes)"
    return "\(what) has \(number) bytes, and may have \(limit) at most: the compiler counts more "
      + "wrongly (hole H6); keep large data in pages, or in VirtualMemory"
  }

  /// The sentence that refuses a type in the debug information, where an array has its real size.
  private func refusal(ofRecord line: ArraySlice<UInt8>) -> String? {
    guard line.contains(" = !DICompositeType("), var rest = line.after(" size: ") else {
      return nil
    }
    guard let bits = rest.number(), bits / 8 > Self.limit else { return nil }
    return Self.sentence("a type", bits / 8)
  }

  /// Whether a line reaches memory at no address. The compiler holds that a type whose size has
  /// become 0 needs no memory.
  private static func isWithoutMemory(_ line: ArraySlice<UInt8>) -> Bool {
    guard line.contains(" undef") else { return false }
    if line.contains("@llvm.mem"), line.contains(", i64 0, i1 ") { return false }
    guard
      line.contains(" load ") || line.contains(" store ") || line.contains(" getelementptr ")
        || line.contains("@llvm.mem")
    else { return false }
    guard var rest = line.after("ptr ") else { return false }
    while true {
      if rest.take("align ") { _ = rest.number() }
      rest.skipSpaces()
      if rest.take("undef") { return true }
      guard let next = rest.rest.after("ptr ") else { return false }
      rest = next
    }
  }

  /// The sentence that refuses a line for a type without a name, or for a number of bytes.
  private mutating func refusal(of line: ArraySlice<UInt8>) -> String? {
    if Self.isWithoutMemory(line) {
      return "a type has more bytes than the compiler counts, and none are left (hole H6); "
        + "keep large data in pages, or in VirtualMemory"
    }
    var reader = Reader(line)
    while let byte = reader.first {
      switch byte {
      case UInt8(ascii: "%"), UInt8(ascii: "@"), UInt8(ascii: "$"):
        if reader.name() == nil { reader.skip() }
      case UInt8(ascii: "\""):
        reader.skipString()
      case UInt8(ascii: ";"):
        return nil
      case UInt8(ascii: "["), UInt8(ascii: "<"), UInt8(ascii: "{"):
        let start = reader
        if let size = type(&reader) {
          if size.bytes > Self.limit { return Self.sentence("a type without a name", size.bytes) }
        } else {
          reader = start
          reader.skip()
        }
      default:
        if reader.take("dereferenceable(") || reader.take("dereferenceable_or_null(")
          || reader.take("i64 ")
        {
          // An i64 is a number of bytes where memory is copied, cleared, or reached by an offset.
          let isSize =
            reader.isBehind("dereferenceable(") || reader.isBehind("dereferenceable_or_null(")
            || line.contains("@llvm.mem") || line.contains("@llvm.lifetime.")
            || line.contains(" getelementptr ")
          if let number = reader.number(), isSize, number > Self.limit {
            return Self.sentence("a place in memory", number)
          }
        } else {
          reader.skip()
        }
      }
    }
    return nil
  }

  // MARK: - Types

  private mutating func size(named name: String) -> Size {
    if let known = sizes[name] { return known }
    // A type that contains itself cannot be.
    sizes[name] = Size(bytes: 0)
    var size = Size(bytes: 0)
    if let definition = definitions[name] {
      var reader = Reader(definition)
      size = type(&reader) ?? size
    }
    sizes[name] = size
    return size
  }

  /// Reads a type. Returns nil if there is none.
  private mutating func type(_ reader: inout Reader) -> Size? {
    guard let byte = reader.first else { return nil }
    switch byte {
    case UInt8(ascii: "%"):
      return reader.name().map { size(named: $0) }
    case UInt8(ascii: "["):
      return array(&reader, closing: "]")
    case UInt8(ascii: "<"):
      if reader.take("<{") { return structure(&reader, closing: "}>", isPacked: true) }
      return array(&reader, closing: ">")
    case UInt8(ascii: "{"):
      reader.skip()
      return structure(&reader, closing: "}", isPacked: false)
    default:
      return scalar(&reader)
    }
  }

  private mutating func array(_ reader: inout Reader, closing: StaticString) -> Size? {
    reader.skip()
    guard let count = reader.number(), reader.take(" x "), let element = type(&reader),
      reader.take(closing)
    else { return nil }
    return element.times(count)
  }

  private mutating func structure(
    _ reader: inout Reader, closing: StaticString, isPacked: Bool
  ) -> Size? {
    var size = Size(bytes: 0)
    reader.skipSpaces()
    if reader.take(closing) { return size }
    while true {
      reader.skipSpaces()
      guard let field = type(&reader) else { return nil }
      size.add(field, isPacked: isPacked)
      reader.skipSpaces()
      if reader.take(closing) { return size }
      guard reader.take(",") else { return nil }
    }
  }

  private func scalar(_ reader: inout Reader) -> Size? {
    if reader.take("ptr") { return Size(bytes: 8, alignment: 8) }
    if reader.take("opaque") { return Size(bytes: 0) }
    for (word, bytes) in [
      ("half", 2), ("bfloat", 2), ("float", 4), ("double", 8), ("x86_fp80", 16), ("fp128", 16),
    ] as [(StaticString, UInt64)] where reader.take(word) {
      return Size(bytes: bytes, alignment: bytes)
    }
    guard reader.take("i"), let bits = reader.number() else { return nil }
    let bytes = (bits + 7) / 8
    return Size(bytes: bytes, alignment: bytes < 8 ? max(1, bytes) : 8)
  }
}

/// Reads a line from its start on.
private struct Reader {
  private(set) var rest: ArraySlice<UInt8>
  private let line: ArraySlice<UInt8>

  init(_ line: ArraySlice<UInt8>) {
    self.line = line
    rest = line
  }

  var first: UInt8? { rest.first }

  mutating func skip() { rest = rest.dropFirst() }

  mutating func skipSpaces() { rest = rest.drop { $0 == UInt8(ascii: " ") } }

  /// Skips `"text"`, in which a quote is written as `\22`.
  mutating func skipString() {
    skip()
    rest = rest.drop { $0 != UInt8(ascii: "\"") }
    skip()
  }

  /// Reads the text if it is next.
  mutating func take(_ text: StaticString) -> Bool {
    let bytes = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard rest.starts(with: bytes) else { return false }
    rest = rest.dropFirst(bytes.count)
    return true
  }

  /// Whether the text was read last.
  func isBehind(_ text: StaticString) -> Bool {
    let bytes = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    return line[line.startIndex..<rest.startIndex].suffix(bytes.count).elementsEqual(bytes)
  }

  /// Reads a number without a sign, or returns nil. A number that is too large is the largest.
  mutating func number() -> UInt64? {
    let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    guard !digits.isEmpty else { return nil }
    rest = rest.dropFirst(digits.count)
    return UInt64(String(decoding: digits, as: UTF8.self)) ?? .max
  }

  /// Reads `%name` or `%"name"`, with the first character.
  mutating func name() -> String? {
    let start = rest
    skip()
    if first == UInt8(ascii: "\"") {
      skipString()
    } else {
      rest = rest.drop {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
          UInt8(ascii: "$"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
    }
    let name = start[start.startIndex..<rest.startIndex]
    guard name.count > 1 else {
      rest = start
      return nil
    }
    return String(decoding: name, as: UTF8.self)
  }
}

extension ArraySlice<UInt8> {
  /// Whether the text is in the line.
  fileprivate func contains(_ text: StaticString) -> Bool { after(text) != nil }

  /// What is behind the first such text in the line, or nil.
  fileprivate func after(_ text: StaticString) -> Reader? {
    let bytes = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    var rest = self
    while let index = rest.firstIndex(of: bytes[0]) {
      rest = rest[index...]
      if rest.starts(with: bytes) { return Reader(rest.dropFirst(bytes.count)) }
      rest = rest.dropFirst()
    }
    return nil
  }
}
