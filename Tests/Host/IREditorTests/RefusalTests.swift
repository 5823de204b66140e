// SPDX-License-Identifier: GPL-2.0-only
// Tests of the code that the editor refuses, and of the forms that it knows.

import Testing

@testable import IREditor

@Suite struct RefusalTests {
  @Test("the known calling conventions stay", arguments: ["", "swiftcc ", "fastcc ", "coldcc "])
  func conventions(name: String) throws {
    let text = """
      declare \(name)void @g(ptr)
      define \(name)void @f(ptr %0) #0 {
        call \(name)void @g(ptr %0) #2
        ret void
      }
      """
    #expect(try edited(text) == text)
  }

  @Test(
    "any other calling convention is refused, in a declaration, a definition and a call",
    arguments: [
      "swifttailcc", "tailcc", "ghccc", "preserve_mostcc", "preserve_allcc", "preserve_nonecc",
      "cxx_fast_tlscc", "anyregcc", "x86_64_sysvcc", "win64cc", "x86_intrcc", "cfguard_checkcc",
      "graalcc", "x86_fastcallcc", "cc 10",
    ])
  func unknownConventions(name: String) {
    let word = name == "cc 10" ? "cc" : name
    for (line, text) in [
      (1, "declare \(name) void @g(ptr)"),
      (1, "define \(name) void @f() #0 {\n  ret void\n}"),
      (3, "define void @f() #0 {\nentry:\n  call \(name) void @g() #2\n  ret void\n}"),
      (2, "define void @f() #0 {\n  %1 = tail call \(name) i1 %0() #2\n  ret void\n}"),
    ] {
      let refusal = refusal(of: text)
      #expect(
        refusal?.sentence.hasPrefix("the calling convention '\(word)' is not known") == true)
      #expect(refusal?.line == line)
    }
  }

  @Test(
    "an unknown instruction is refused, with its line",
    arguments: [
      ("invoke void @g() to label %a unwind label %b", "invoke"),
      ("callbr void asm \"\", \"\"() to label %a []", "callbr"),
      ("%1 = landingpad { ptr, i32 }", "landingpad"),
      ("resume { ptr, i32 } %1", "resume"),
      ("indirectbr ptr %0, [label %a]", "indirectbr"),
      ("%1 = musttail call void @g()", "musttail"),
      ("%1 = va_arg ptr %0, i32", "va_arg"),
      ("%1 = frobnicate i32 %0", "frobnicate"),
    ])
  func instructions(line: String, word: String) {
    let refusal = refusal(of: "\ndefine void @f() #0 {\nentry:\n  \(line)\n  ret void\n}")
    #expect(refusal?.sentence == "'\(word)' is not a known instruction")
    #expect(refusal?.line == 4)
  }

  @Test(
    "a line of an unknown form is refused, with its number",
    arguments: [
      (#"module asm ".globl a""#, "assembly outside of functions may use names, which change"),
      ("$\"$s1a\" = comdat any", "a comdat has the name of a function, and these names change"),
      ("@a = ifunc void (), ptr @b", "a function that is chosen when the module is loaded"),
      ("@a = private unnamed_addr", "the line is neither a variable, nor a constant, nor an alias"),
      ("uselistorder ptr @a, { 1, 0 }", "'uselistorder' does not begin a known line"),
      ("  ret void", "'' does not begin a known line"),
      ("}", "'}' does not begin a known line"),
      ("@a = global ptr @$b", "the name '@$b' is not in quotes"),
      ("@a = global [2 x i8] c\"a", "a string does not end in its line"),
      ("declare void @f(ptr", "the line ends where a closing bracket is expected"),
      ("declare strange void @f()", "'strange' is not a known type, attribute or keyword"),
      ("declare void %f()", "'%f' stands where the name of a function is expected"),
      ("declare void ^f()", "the character '^' is not known here"),
      ("attributes 7 = { }", "'7' stands where the number of a group is expected"),
    ])
  func lines(line: String, sentence: String) {
    let refusal = refusal(of: "source_filename = \"a\"\n\n\(line)\n")
    #expect(refusal?.sentence == sentence)
    #expect(refusal?.line == 3)
  }

  @Test(
    "what is not known behind the parameters of a function is refused",
    arguments: [
      ("comdat", "the function is in a comdat, whose name would have to change as well"),
      ("personality ptr @p", "'personality' is not known behind the parameters of a function"),
      ("gc \"g\"", "'gc' is not known behind the parameters of a function"),
      ("prefix i32 1", "'prefix' is not known behind the parameters of a function"),
      ("noreturn", "'noreturn' is not known behind the parameters of a function"),
      ("\"a\"=\"b\"", "'\"a\"' is not known behind the parameters of a function"),
    ])
  func functions(words: String, sentence: String) {
    let text = "define void @f() #0 \(words) {\n  ret void\n}"
    #expect(refusal(of: text)?.sentence == sentence)
  }

  @Test(
    "a line of a function that is no instruction is refused",
    arguments: [
      ("a label:", "the line is neither a known instruction, nor a label"),
      ("\"a\" b:", "the line is neither a known instruction, nor a label"),
      ("    i32 0, label %a", "the line is neither a known instruction, nor a label"),
      ("  ]", "the line is neither a known instruction, nor a label"),
      (
        "  switch i8 %0, label %a [\n  ret void",
        "an instruction stands among the cases of a 'switch'"
      ),
      ("  switch i8 %0, label %a [\na:", "the line is not a known case of a 'switch'"),
      ("  call void asm volatile \"\", \"\"()", "'volatile' is not known in assembly"),
      (
        "  call void inttoptr (i64 1 to ptr)()",
        "'inttoptr' is not a function that is known to be called this way"
      ),
      ("  call void @f() \"a", "a string does not end in its line"),
    ])
  func bodies(lines: String, sentence: String) {
    #expect(refusal(of: "define void @f() #0 {\n\(lines)\n}")?.sentence == sentence)
  }

  @Test("a function that does not end is refused")
  func end() {
    #expect(
      refusal(of: "\ndefine void @f() #0 {\n  ret void")?.sentence == "the function does not end")
    #expect(
      refusal(of: "define void @f() #0 {\n  ret void\n} a")?.sentence
        == "something stands behind the '}' of a function")
  }

  @Test("the forms that swiftc writes are known, and what needs no edit stays")
  func known() throws {
    let text = #"""
      ; ModuleID = '<swift-imported-modules>'
      source_filename = "<swift-imported-modules>"
      target datalayout = "e-m:e"
      target triple = "x86_64-unknown-none-elf"

      %"a b" = type <{ i32, [4 x i8], ptr }>
      @a = external dso_local local_unnamed_addr global %"a b", align 8
      @b = private unnamed_addr constant [2 x i8] c"\22\00", section ".a", align 1
      @c = internal thread_local(localexec) global <{ i64, i64 }> <{ i64 1, i64 2 }>, !dbg !0
      @d = hidden alias void (), ptr @g

      ; Function Attrs: nounwind
      declare { i64, i1 } @llvm.uadd.with.overflow.i64(i64, i64) #2
      declare void @llvm.lifetime.start.p0(i64 immarg, ptr captures(none)) #2
      declare !dbg !7 dso_local noalias noundef align 8 dereferenceable_or_null(8) ptr @g(ptr, ...)
      declare void @m(metadata) memory(none) nounwind

      define internal fastcc { i64, ptr } @f(ptr noalias captures(none) initializes((0, 8)) %0, <{ i8, i8 }> %1, [2 x i64] %2, <2 x i64> %3, ptr addrspace(256) %4) unnamed_addr #0 section ".b" align 16 !dbg !3 {
      entry:
        switch i8 %0, label %bb [
          i8 -1, label %bb
          i8 2, label %"a b.exit"
        ], !dbg !4

      bb:                                               ; preds = %entry
          #dbg_declare(ptr %0, !1, !DIExpression(), !2)
        %"s w" = call zeroext i1 (ptr, ...) @g(ptr %0, [2 x i64] [i64 1, i64 2], double 1.0e+00) #2 [ "b"(ptr %0) ], !dbg !1, !srcloc !2
        call void asm sideeffect inteldialect "# $0", "r,~{memory}"(ptr elementtype(i8) @a) #2
        call void @m(metadata !{ptr @a})
        store atomic i64 ptrtoint (ptr @a to i64), ptr addrspace(256) null release, align 8
        br label %"a b.exit"

      "a b.exit":                                       ; preds = %entry
        %9 = tail call range(i8 0, 2) i8 %0(ptr sret(%"a b") align 8 %0) #2
        %10 = notail call ptr @g(ptr null)
        ret { i64, ptr } zeroinitializer
      }

      !llvm.dbg.cu = !{!0}
      !0 = distinct !DICompileUnit(flags: "a: @", emissionKind: FullDebug | LineOnly)
      """#
    #expect(try edited(text) == text)
  }
}
