// SPDX-License-Identifier: GPL-2.0-only
// Tests of the C functions that become another name of a Swift function.

import Testing

@testable import IREditor

@Suite struct ThunkTests {
  /// A C function and its body.
  struct Sample {
    var cResult = "void"
    var cParameters = "ptr %0, i64 %1"
    var definition = "define protected"
    var lines: [String] = [#"tail call swiftcc void @"$a"(ptr %0, i64 %1) #2"#, "ret void"]
    var bodyDefinition = "define protected swiftcc"
    var result = "void"
    var parameters = "ptr %0, i64 %1"
    var suffix = ""

    var text: String {
      """
      \(definition) \(cResult) @"$aTo"(\(cParameters)) #0 \(suffix){
      entry:
      \(lines.map { "  " + $0 }.joined(separator: "\n"))
      }
      \(bodyDefinition) \(result) @"$a"(\(parameters)) #0 {
      entry:
        unreachable
      }
      """
    }
  }

  /// The first line of the edited sample.
  private func first(_ sample: Sample) throws -> String {
    try edited(sample.text).split(separator: "\n").first.map(String.init) ?? ""
  }

  private func isAlias(_ sample: Sample) throws -> Bool {
    try first(sample).contains("alias")
  }

  @Test("a C function that calls its body with its own arguments is another name of the body")
  func alias() throws {
    #expect(
      try first(Sample()) == #"@"_$aTo" = protected alias void (ptr, i64), ptr @"_$a""#)
  }

  @Test("the result is returned as it is", arguments: ["i1", "i8", "i32", "i64", "ptr"])
  func results(type: String) throws {
    let sample = Sample(
      cResult: "noundef \(type)",
      lines: [
        #"%3 = tail call swiftcc noundef \#(type) @"$a"(ptr %0, i64 %1) #2, !dbg !1"#,
        "ret \(type) %3, !dbg !1",
      ], result: type)
    #expect(
      try first(sample) == #"@"_$aTo" = protected alias \#(type) (ptr, i64), ptr @"_$a""#)
  }

  @Test("an address that becomes a number, and a number that becomes an address, stay in place")
  func conversions() throws {
    let sample = Sample(
      cResult: "ptr", cParameters: "ptr noundef %0, ptr nonnull align 8 dereferenceable(8) %1",
      lines: [
        "%2 = ptrtoint ptr %0 to i64",
        "%3 = ptrtoint ptr %1 to i64",
        #"%4 = tail call swiftcc range(i64 0, 8) i64 @"$a"(i64 %2, i64 range(i64 0, 8) %3) #2"#,
        "%5 = inttoptr i64 %4 to ptr",
        "ret ptr %5",
      ], result: "i64", parameters: "i64 %0, i64 %1")
    #expect(try first(sample) == #"@"_$aTo" = protected alias ptr (ptr, ptr), ptr @"_$a""#)
  }

  @Test("six parameters are in registers", arguments: [(5, true), (6, true), (7, false)])
  func count(count: Int, expected: Bool) throws {
    let parameters = (0..<count).map { "i64 %\($0)" }.joined(separator: ", ")
    let sample = Sample(
      cParameters: parameters,
      lines: [#"tail call swiftcc void @"$a"(\#(parameters)) #2"#, "ret void"],
      parameters: parameters)
    #expect(try isAlias(sample) == expected)
  }

  @Test("an argument that the body does not read may be anything", arguments: ["poison", "undef"])
  func unread(value: String) throws {
    let sample = Sample(
      lines: [#"tail call swiftcc void @"$a"(ptr %0, i64 \#(value)) #2"#, "ret void"])
    #expect(try isAlias(sample))
  }

  /// What is in no register of its position, or is the memory that it points to.
  private static let elsewhere = [
    "byval(%T)", "byref(%T)", "sret(%T)", "inalloca(%T)", "preallocated(%T)", "inreg", "nest",
    "swiftself", "swiftasync",
  ]

  @Test("a parameter of C that is elsewhere keeps the function", arguments: elsewhere)
  func elsewhereInC(attribute: String) throws {
    #expect(try !isAlias(Sample(cParameters: "ptr \(attribute) align 8 %0, i64 %1")))
  }

  @Test("an argument that is elsewhere keeps the function", arguments: elsewhere)
  func elsewhereInCall(attribute: String) throws {
    let sample = Sample(
      lines: [#"tail call swiftcc void @"$a"(ptr \#(attribute) %0, i64 %1) #2"#, "ret void"])
    #expect(try !isAlias(sample))
  }

  @Test("a parameter of the body that is elsewhere keeps the function", arguments: elsewhere)
  func elsewhereInBody(attribute: String) throws {
    #expect(try !isAlias(Sample(parameters: "ptr \(attribute) %0, i64 %1")))
  }

  @Test("a result that C extends is extended by the body")
  func zeroExtended() throws {
    let sample = Sample(
      cResult: "noundef zeroext i1",
      lines: [#"%3 = tail call swiftcc i1 @"$a"(ptr %0, i64 %1) #2"#, "ret i1 %3"],
      result: "noundef i1")
    let text = try edited(sample.text)
    #expect(text.contains(#"@"_$aTo" = protected alias i1 (ptr, i64), ptr @"_$a""#))
    #expect(
      text.contains(#"define protected swiftcc zeroext noundef i1 @"_$a"(ptr %0, i64 %1) #0 {"#))
  }

  @Test("a result that C does not extend is not extended")
  func notExtended() throws {
    let sample = Sample(
      cResult: "i8", lines: [#"%3 = tail call swiftcc i8 @"$a"(ptr %0, i64 %1) #2"#, "ret i8 %3"],
      result: "i8")
    #expect(try edited(sample.text).contains(#"define protected swiftcc i8 @"_$a""#))
  }

  @Test("a result with a sign that C extends keeps the function")
  func signExtendedResult() throws {
    let sample = Sample(
      cResult: "signext i8",
      lines: [#"%3 = tail call swiftcc i8 @"$a"(ptr %0, i64 %1) #2"#, "ret i8 %3"], result: "i8")
    #expect(try !isAlias(sample))
  }

  @Test(
    "a body that relies on an extension which C's caller does not make keeps the function",
    arguments: [
      ("i8 zeroext", "i8", true), ("i8 zeroext", "i8 zeroext", true), ("i8", "i8 zeroext", false),
      ("i8 signext", "i8 zeroext", false), ("i8 zeroext", "i8 signext", false),
    ])
  func extendedParameters(c: String, body: String, expected: Bool) throws {
    let sample = Sample(
      cParameters: "\(c) %0, i64 %1",
      lines: [#"tail call swiftcc void @"$a"(i8 %0, i64 %1) #2"#, "ret void"],
      parameters: "\(body) %0, i64 %1")
    #expect(try isAlias(sample) == expected)
  }

  @Test(
    "a C function that does anything else stays a function",
    arguments: [
      // Other arguments.
      Sample(
        cParameters: "i64 %0, i64 %1",
        lines: [#"tail call swiftcc void @"$a"(i64 %1, i64 %0) #2"#, "ret void"],
        parameters: "i64 %0, i64 %1"),
      Sample(lines: [#"tail call swiftcc void @"$a"(ptr %0, i64 7) #2"#, "ret void"]),
      Sample(lines: [#"tail call swiftcc void @"$a"(ptr @g, i64 %1) #2"#, "ret void"]),
      Sample(
        lines: [
          #"tail call swiftcc void @"$a"(ptr %0, i64 ptrtoint (ptr @g to i64)) #2"#, "ret void",
        ]
      ),
      Sample(
        lines: [#"tail call swiftcc void @"$a"(ptr %0) #2"#, "ret void"], parameters: "ptr %0"),
      Sample(
        cParameters: "ptr %0",
        lines: [#"tail call swiftcc void @"$a"(ptr %0, i64 undef) #2"#, "ret void"]),
      // Another type, or parameters that are not all there are.
      Sample(cParameters: "ptr %0, i16 %1"),
      Sample(cParameters: "ptr %0, { i64, i64 } %1"),
      Sample(cParameters: "ptr %0, double %1"),
      Sample(cParameters: "ptr %0, ..."),
      // Another function.
      Sample(lines: [#"tail call swiftcc void @"$b"(ptr %0, i64 %1) #2"#, "ret void"]),
      Sample(lines: ["tail call swiftcc void %0(ptr %0, i64 %1) #2", "ret void"]),
      Sample(lines: [#"tail call void @"$a"(ptr %0, i64 %1) #2"#, "ret void"]),
      Sample(lines: [#"call swiftcc void @"$a"(ptr %0, i64 %1) #2"#, "ret void"]),
      Sample(
        lines: [#"tail call swiftcc void @"$a"(ptr %0, i64 %1) #2 [ "b"(i64 1) ]"#, "ret void"]),
      // Something before, between or after.
      Sample(
        lines: [
          "store i64 0, ptr %0", #"tail call swiftcc void @"$a"(ptr %0, i64 %1)"#, "ret void",
        ]),
      Sample(
        lines: [
          #"tail call swiftcc void @"$a"(ptr %0, i64 %1)"#, "store i64 0, ptr %0", "ret void",
        ]),
      Sample(
        lines: [
          #"tail call swiftcc void @"$a"(ptr %0, i64 %1)"#,
          #"tail call swiftcc void @"$a"(ptr %0, i64 %1)"#, "ret void",
        ]),
      Sample(lines: ["ret void"]),
      Sample(lines: [#"tail call swiftcc void @"$a"(ptr %0, i64 %1)"#, "unreachable"]),
      // A variable that a debugger shows, in this function and in no other.
      Sample(
        lines: [
          "  #dbg_value(ptr %0, !1, !DIExpression(), !2)",
          #"tail call swiftcc void @"$a"(ptr %0, i64 %1)"#, "ret void",
        ]),
      // Another result.
      Sample(
        cResult: "i32",
        lines: [#"%3 = tail call swiftcc i32 @"$a"(ptr %0, i64 %1)"#, "ret i32 0"], result: "i32"),
      Sample(
        lines: [#"%3 = tail call swiftcc { i64, i8 } @"$a"(ptr %0, i64 %1)"#, "ret void"],
        result: "{ i64, i8 }"),
      Sample(
        cResult: "{ i64, i8 }",
        lines: [
          #"%3 = tail call swiftcc { i64, i8 } @"$a"(ptr %0, i64 %1)"#, "ret { i64, i8 } %3",
        ], result: "{ i64, i8 }"),
      // A function that other files may replace, or do not see, or that is in a place of its own.
      Sample(definition: "define weak_odr protected"),
      Sample(definition: "define internal"),
      Sample(definition: "define"),
      Sample(definition: "define protected swiftcc"),
      Sample(suffix: #"section ".init.text" "#),
      // A body that other files may replace, or that has another convention.
      Sample(bodyDefinition: "define internal swiftcc"),
      Sample(bodyDefinition: "define weak_odr protected swiftcc"),
      Sample(bodyDefinition: "define protected"),
      Sample(bodyDefinition: "define protected fastcc"),
    ])
  func other(sample: Sample) throws {
    #expect(try !isAlias(sample))
  }

  @Test("a C function whose body is in another file stays a function")
  func withoutBody() throws {
    let text = """
      define protected void @"$aTo"(ptr %0) #0 {
      entry:
        tail call swiftcc void @"$a"(ptr %0) #2
        ret void
      }
      declare swiftcc void @"$a"(ptr)
      """
    #expect(try edited(text) == text.replacing("@\"$", with: "@\"_$"))
  }
}
