// SPDX-License-Identifier: GPL-2.0-only
// Tests of the sizes of LLVM's types, and of what is refused for its size.

import Testing

@testable import IREditor

@Suite struct TypeSizesTests {
  /// The refusals of code that swiftc printed behind other output.
  private func refusals(_ code: String) -> [String]? {
    let mark = "; *** IR Dump Before Annotation2MetadataPass on [module] ***\n"
    return TypeSizes.check(Array(("sil\n" + mark + code + "\n").utf8))?.refusals
  }

  /// The bytes that a refusal names, or nil if the type is accepted.
  private func bytes(of type: String) -> String? {
    refusals("%T = type \(type)")?.first.map {
      String($0.dropFirst("the type %T has ".count).prefix { $0 != " " })
    }
  }

  @Test("a type of 16 MiB is accepted, and one byte more is not")
  func limit() {
    #expect(bytes(of: "[16777216 x i8]") == nil)
    #expect(bytes(of: "[16777217 x i8]") == "16777217")
    #expect(bytes(of: "<{ [16777216 x i8] }>") == nil)
    #expect(bytes(of: "<{ [16777216 x i8], i1 }>") == "16777217")
    #expect(bytes(of: "opaque") == nil)
  }

  @Test(
    "sizes are those of LLVM",
    arguments: [
      ("<{ i64, i32, i16, i8, i1, ptr }>", 24),
      ("{ i8, i64 }", 16), ("{ i8, i16, i8, i32 }", 12), ("{ i8, [3 x i16] }", 8),
      ("[2 x [3 x i32]]", 24), ("<4 x float>", 16), ("double", 8), ("i128", 16),
      ("{}", 0), ("<{}>", 0), ("[0 x i8]", 0), ("<{ { i8, ptr }, i8 }>", 17),
    ])
  func sizes(type: String, size: Int) {
    // So many places are a little more than the limit.
    let places = size == 0 ? 0 : (1 << 24) / size + 1
    #expect(bytes(of: "[\(places) x \(type)]") == (size == 0 ? nil : "\(places * size)"))
  }

  @Test("a name stands for its type, also if it comes later, and products do not overflow")
  func names() {
    let code = """
      %"$a b" = type <{ [65536 x %Row] }>
      %Row = type <{ [65536 x [65536 x i8]] }>
      %Self = type <{ %Self, i8 }>
      """
    #expect(
      refusals(code)?.map { $0.prefix(50) } == [
        "the type %\"$a b\" has 281474976710656 bytes, and ma",
        "the type %Row has 4294967296 bytes, and may have 1",
      ])
    #expect(
      refusals("%T = type [18446744073709551615 x [9 x i8]]")?.first?.contains("2^60 or more")
        == true)
  }

  @Test(
    "a type without a name is refused where it is used",
    arguments: [
      "  %1 = alloca [16777217 x i8], align 1",
      "  %1 = getelementptr inbounds <{ i8, [16777216 x i8] }>, ptr %0, i32 0, i32 1",
      "@global = global [16777217 x i8] zeroinitializer",
      "  %1 = load { i8, <{ [16777217 x i8] }> }, ptr %0",
      "  call void @f(ptr %0, ptr dereferenceable(536870921) %1)",
      "  call void @llvm.memcpy.p0.p0.i64(ptr align 8 %1, ptr align 8 %2, i64 536870921, i1 false)",
      "  call void @llvm.lifetime.start.p0(i64 16777217, ptr %1)",
      "  %1 = getelementptr inbounds i8, ptr %0, i64 16777217",
      "!9 = !DICompositeType(tag: DW_TAG_array_type, baseType: !8, size: 34359738368, elements: !7)",
      "  %1 = load i64, ptr undef, align 1",
      "  store i64 %1, ptr undef, align 1",
      "  %39 = getelementptr inbounds %\"Ts11InlineArrayVy$8191_s6UInt64VG\", ptr undef, i64 %17",
      "  call void @llvm.memcpy.p0.p0.i64(ptr align 8 %1, ptr align 1 undef, i64 8, i1 false)",
    ])
  func uses(line: String) { #expect(refusals(line)?.count == 1) }

  @Test(
    "what looks like one is accepted",
    arguments: [
      "@text = constant [24 x i8] c\"[99999999 x i8] and \\22 99\\00\"",
      "  %1 = add i64 %0, 4294967295", "  store i64 4294967296, ptr %1",
      "  %1 = getelementptr inbounds i8, ptr %0, i64 -8",
      "  br i1 %1, label %2, label %3 ; [99999999 x i8]",
      "  #dbg_value(ptr undef, !5384, !DIExpression(), !5395)",
      "  call void @llvm.memcpy.p0.p0.i64(ptr align 8 %1, ptr align 1 undef, i64 0, i1 false)",
      "  %0 = call i32 @f(ptr swiftself undef)", "  store ptr %1, ptr %2",
      "!9 = !DICompositeType(tag: DW_TAG_structure_type, name: \" size: 1\", size: 524288)",
      "!9 = !{i64 99999999999}", "define void @f() {",
      "@a = global { i64, [2 x i8] } { i64 99999999999, [2 x i8] undef }",
    ])
  func others(line: String) { #expect(refusals(line) == []) }

  @Test("the code is taken out of what was printed, and the compiler's messages stay")
  func rest() throws {
    let printed = """
      sil @f : $@convention(thin) () -> ()
      ; *** IR Dump Before Annotation2MetadataPass on [module] ***
      ; ModuleID = '<swift-imported-modules>'
      define void @f() {
      entry:
        ret void
      }
      @text = constant [9 x i8] c": error: "
      one.swift:1:2: warning: something
      *** SIL function after  #2
      """
    let result = try #require(TypeSizes.check(Array(printed.utf8)))
    #expect(
      String(decoding: result.rest, as: UTF8.self) == """
        sil @f : $@convention(thin) () -> ()
        one.swift:1:2: warning: something
        *** SIL function after  #2
        """)
    #expect(result.refusals == [])
    #expect(TypeSizes.check(Array("sil @f".utf8)) == nil)
  }
}
