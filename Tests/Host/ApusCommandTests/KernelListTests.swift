// SPDX-License-Identifier: GPL-2.0-only
// Tests of kbuild/kernels, and of the plan that is made from it.

import Testing

@testable import ApusSupport

@Suite struct KernelListTests {
  static let stock = "# the kernels\n6.1  6.1  release\n\n6.12  6.12  release backports  # newer\n"
  static let withDebug = stock + "debug 6.12 source release\n"

  @Test("names come in the file's order, comments are passed over")
  func names() throws {
    #expect(try KernelList(parsing: Self.stock).names == ["6.1", "6.12"])
    #expect(try !KernelList(parsing: Self.stock).hasDebug)
    #expect(try KernelList(parsing: Self.withDebug).stock == ["6.1", "6.12"])
  }

  @Test(
    "a list that says nothing, or a thing twice, is refused",
    arguments: ["", "# x\n", "6.1\n", "6.1 6.1\n", "6.1 6.1 a\n6.1 6.1 b\n"])
  func wrong(text: String) {
    #expect(throws: Failure.self) { try KernelList(parsing: text) }
  }

  @Test("by default everything but the debug suite runs on the first kernel")
  func byDefault() throws {
    let plan = try TestPlan(suites: [], kernels: [], list: KernelList(parsing: Self.stock))
    #expect(plan.suites == [.host, .misuse, .codegen, .vm, .bench])
    #expect(plan.kernels == ["6.1"])
    #expect(plan.furtherKernels == ["6.12"])
    #expect(
      try TestPlan(suites: [], kernels: [], list: KernelList(parsing: Self.withDebug)).suites.last
        == .bench)
  }

  @Test("if asked for, everything runs everywhere")
  func everywhere() throws {
    let plan = try TestPlan(
      suites: [.vm], kernels: [], everywhere: true, list: KernelList(parsing: Self.withDebug))
    #expect(plan.kernels == ["6.1", "6.12"])
    #expect(plan.furtherKernels == [])
  }

  @Test("kernels and suites narrow the plan")
  func narrowed() throws {
    let list = try KernelList(parsing: Self.withDebug)
    let plan = try TestPlan(suites: [.vm], kernels: ["6.1"], list: list)
    #expect(plan.suites == [.vm])
    #expect(plan.kernels == ["6.1"])
    #expect(plan.furtherKernels == [])
    #expect(
      try TestPlan(suites: [], kernels: ["6.1"], list: list).suites == [
        .host, .misuse, .codegen, .vm, .bench,
      ])
    #expect(try TestPlan(suites: [], kernels: ["debug"], list: list).suites == [.debug])
  }

  @Test("asking for what is not there is refused with status 2")
  func refused() throws {
    let list = try KernelList(parsing: Self.stock)
    for (suites, kernels) in [([Suite.debug], []), ([], ["debug"]), ([.vm], ["5.10"])]
      as [([Suite], [String])]
    {
      let failure = #expect(throws: Failure.self) {
        try TestPlan(suites: suites, kernels: kernels, list: list)
      }
      #expect(failure?.status == 2)
    }
  }
}
