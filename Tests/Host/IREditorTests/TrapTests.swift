// SPDX-License-Identifier: GPL-2.0-only
// Tests of the traps where the compiler considers the code unreachable.

import Testing

@testable import IREditor

@Suite struct TrapTests {
  private let trap = "  call void @apus_trap()"

  /// Whether a trap is put before an `unreachable` after the instructions.
  private func isTrap(after lines: String, others: String = "") throws -> Bool {
    try editedBody(lines + "\n  unreachable", others: others) == lines + "\n\(trap)\n  unreachable"
  }

  @Test(
    "a trap stands where execution could go on",
    arguments: [
      "  store i8 0, ptr %p", "  call void @g() #2", "  call void @h() #2", "  call void %p() #2",
      #"  call void asm "nop", ""()"#, "  call void @g(ptr @never) #2",
      // The block before ends with what does not return, but this one does not.
      "  call void @never() #2\n  br label %b\n\nb:                 ; preds = %entry",
      "  call void @g() #3\n  br label %1\n1:",
      "  call void @g() #3\n  br label %\"a b\"\n\"a b\":",
      // (Not even if nothing ends the block before.)
      "  call void @g() #3\nb:",
    ])
  func traps(lines: String) throws {
    let others = "declare void @g()\ndefine void @h() #0 {\n  ret void\n}\ndeclare void @never() #3"
    #expect(try isTrap(after: lines, others: others))
  }

  @Test(
    "no trap stands after what does not return",
    arguments: [
      // By the call's group, and by its own attributes.
      "  call void @g() #3", "  call void %p() #3", "  call void @g() #3, !dbg !0",
      "  call void @g() noreturn", #"  call void @g() #3 [ "b"(i64 1) ]"#,
      // By the function's.
      "  call void @never() #2", "  call void @inline()", "  call void @defined() #2",
      #"  tail call swiftcc void @"$quoted \22"() #2, !dbg !0"#,
      // By what it is.
      "  call void @llvm.trap()", #"  call void asm sideeffect "ud2", "~{memory}"()"#,
      #"  %1 = tail call i64 asm sideeffect alignstack "1: ud2", "=r,i"(i64 1) #2"#,
      // With records for the debugger behind it.
      "  call void @never() #2\n    #dbg_value(ptr %p, !1, !DIExpression(), !2)",
    ])
  func ends(lines: String) throws {
    let others = #"""
      declare void @g()
      declare !dbg !7 dso_local void @never() local_unnamed_addr #3
      declare void @inline() cold noreturn
      define void @defined() #1 {
        call void @llvm.trap()
        unreachable
      }
      declare swiftcc void @"$quoted \22"() #3
      """#
    #expect(
      try editedBody(lines + "\n  unreachable", others: others)
        == (lines + "\n  unreachable").replacing("@\"$", with: "@\"_$"))
  }

  @Test("a merged function that does not return is known by its new name, too")
  func merged() throws {
    let others = "define private swiftcc void @0() #1 {\n  call void @llvm.trap()\n  unreachable\n}"
    #expect(
      try editedBody("  call swiftcc void @0()\n  unreachable", others: others)
        == "  call swiftcc void @_merged_0()\n  unreachable")
  }

  @Test("the trap has the place of the code, for the debugger")
  func place() throws {
    #expect(
      try editedBody("  unreachable, !dbg !12")
        == "  call void @apus_trap(), !dbg !12\n  unreachable, !dbg !12")
    #expect(
      try editedBody("  unreachable, !a !3, !dbg !12")
        == "  call void @apus_trap(), !dbg !12\n  unreachable, !a !3, !dbg !12")
  }

  @Test("the trap function is declared once, if there is a trap and no declaration")
  func declaration() throws {
    let function = "define void @f() #0 {\n  unreachable\n}"
    let declaration = "declare void @apus_trap() cold noreturn"
    #expect(try edited(function).hasSuffix("\n" + declaration))
    let own = "\ndeclare void @apus_trap() #3"
    #expect(try edited(function + own).hasSuffix("}" + own))
    let defined = "\ndefine void @apus_trap() #1 {\n  call void @llvm.trap()\n  unreachable\n}"
    #expect(try edited(function + defined).hasSuffix("}" + defined))
    #expect(try !edited("define void @f() #0 {\n  ret void\n}").contains("apus_trap"))
  }
}
