// SPDX-License-Identifier: GPL-2.0-only
// Tests of the edits that concern words: names, `swifterror`, and attributes.

import Testing

@testable import IREditor

@Suite struct NameTests {
  @Test(
    "a Swift name gets a '_', wherever it is used",
    arguments: [
      (#"@"$s1a" = global i32 0"#, #"@"_$s1a" = global i32 0"#),
      (#"@a = constant ptr @"$s1a""#, #"@a = constant ptr @"_$s1a""#),
      (
        #"@"$s1a" = protected alias void (), ptr @"$s1b""#,
        #"@"_$s1a" = protected alias void (), ptr @"_$s1b""#
      ),
      (#"declare swiftcc void @"$s1a"()"#, #"declare swiftcc void @"_$s1a"()"#),
      (#"!0 = !{ptr @"$s1a"}"#, #"!0 = !{ptr @"_$s1a"}"#),
      // With an escaped quote, and a blank.
      (#"@"$s\22 a" = global ptr @"$s\22@""#, #"@"_$s\22 a" = global ptr @"_$s\22@""#),
    ])
  func names(text: String, expected: String) throws {
    #expect(try edited(text) == expected)
  }

  @Test("a call of a Swift function has the name that the function has")
  func calls() throws {
    #expect(
      try editedBody(#"  call swiftcc void @"$s1a"(ptr @"$s1b") #2"#)
        == #"  call swiftcc void @"_$s1a"(ptr @"_$s1b") #2"#)
  }

  @Test(
    "what only looks like a Swift name stays",
    arguments: [
      #"@a = private constant [4 x i8] c"@$s\22""#,
      #"!0 = !DISubprogram(name: "@$s1a", linkageName: "$s1a")"#,
      #"; the function @"$s1a" is here"#,
      #"@"s$a" = global ptr @"plain name""#,
      #"source_filename = "<swift-imported-modules>""#,
      #"%"$s1a" = type { ptr }"#,
    ])
  func other(text: String) throws {
    #expect(try edited(text) == text)
  }

  @Test("a private Swift function without a name gets one, also in its calls")
  func nameless() throws {
    let text = """
      define private swiftcc void @1(ptr %0) #0 {
        ret void
      }
      define void @f() #0 {
        call swiftcc void @1(ptr @1) #2
        call void @10(ptr null) #2
        ret void
      }
      """
    let expected = """
      define internal swiftcc void @_merged_1(ptr %0) #0 {
        ret void
      }
      define void @f() #0 {
        call swiftcc void @_merged_1(ptr @_merged_1) #2
        call void @10(ptr null) #2
        ret void
      }
      """
    #expect(try edited(text) == expected)
  }

  @Test("a private function of C's convention without a name stays")
  func namelessC() throws {
    let text = "define private void @0() #0 {\n  ret void\n}"
    #expect(try edited(text) == text)
  }

  @Test("the attribute 'swifterror' is removed from parameters, arguments and variables")
  func swifterror() throws {
    let text = """
      declare swiftcc void @g(ptr swifterror, ptr swiftself swifterror)
      define swiftcc void @f(ptr swiftself %0, ptr noalias swifterror dereferenceable(8) %1) #0 {
        %swifterror = alloca swifterror ptr, align 8
        call swiftcc void @g(ptr swifterror %swifterror, ptr @swifterror) #2
        ret void
      }
      """
    let expected = """
      declare swiftcc void @g(ptr, ptr swiftself)
      define swiftcc void @f(ptr swiftself %0, ptr noalias dereferenceable(8) %1) #0 {
        %swifterror = alloca ptr, align 8
        call swiftcc void @g(ptr %swifterror, ptr @swifterror) #2
        ret void
      }
      """
    #expect(try edited(text) == expected)
  }

  @Test("the word 'swifterror' stays in a text, in a comment and in a longer word")
  func swifterrorElsewhere() throws {
    let text = """
      @a = private constant [14 x i8] c"a swifterror b"
      ; a swifterror b
      !0 = !{!"a swifterror b"}
      """
    #expect(try edited(text) == text)
    #expect(
      try edited("declare void @f(ptr) swifterrors") == "declare void @f(ptr) swifterrors")
  }

  @Test("groups with a frame pointer get the kernel's attributes instead")
  func attributes() throws {
    let text = """
      attributes #0 = { nounwind "a"="b" "frame-pointer"="all" "c"="d" }
      attributes #1 = { nounwind "a"="b" }

      """
    let output = try Editor.edited(Array(text.utf8), attributes: #""e"="f" "g"="h""#)
    #expect(
      String(decoding: output, as: UTF8.self) == """
        attributes #0 = { nounwind "a"="b" "e"="f" "g"="h" "c"="d" }
        attributes #1 = { nounwind "a"="b" }

        """)
  }

  @Test(
    "a function that would not get the kernel's attributes is refused",
    arguments: ["#2", "", "#7"])
  func withoutAttributes(group: String) {
    #expect(
      refusal(of: "\ndefine void @f() \(group) {\n  ret void\n}")?.sentence.hasPrefix(
        "the function has no group of attributes with \"frame-pointer\"=\"all\"") == true)
  }

  @Test("empty functions of the runtime, which the linker drops, need no attributes")
  func runtime() throws {
    let text = "define weak_odr protected void @swift_endAccess(ptr %0) #2 {\n  ret void\n}"
    #expect(try edited(text) == text)
  }

  @Test("another frame pointer is refused")
  func framePointer() {
    let text = #"attributes #4 = { "frame-pointer"="non-leaf" }"#
    #expect(
      refusal(of: text)?.sentence
        == #"functions have the frame pointer "non-leaf", and not "all""#)
  }

  @Test("a file whose last line does not end is edited like one whose last line ends")
  func lastLine() throws {
    let output = try Editor.edited(Array(#"@"$a" = global i8 0"#.utf8), attributes: "")
    #expect(String(decoding: output, as: UTF8.self) == "@\"_$a\" = global i8 0\n")
  }
}
