// SPDX-License-Identifier: GPL-2.0-only
// Tests of what `apus doctor` says about the lines of kbuild/check-kernels.

import Testing

@testable import ApusSupport

@Suite struct KernelFindingTests {
  @Test("a line has a name, two versions and a state")
  func parts() throws {
    let finding = try KernelFinding(parsing: "6.12\t6.12.95-1\t6.12.117-1\tnewer")
    #expect(finding.name == "6.12")
    #expect(finding.fetched == "6.12.95-1")
    #expect(finding.newest == "6.12.117-1")
    #expect(finding.state == .newer)
  }

  @Test(
    "the advice names the version that is to be had, and what fetches it",
    arguments: [
      ("a\t1\t1\tnewest", nil),
      ("a\t-\t2\tabsent", "not fetched yet; its first use fetches 2"),
      ("a\t1\t2\tnewer", "2 is there; make update KERNEL=a changes to it"),
      ("a\t-\t-\tgone", "not fetched, and no suite has its series any more"),
      ("a\t1\t-\tgone", "no suite has its series any more; the one in the cache stays"),
      ("a\t-\t-\tunreachable", "not fetched yet, and no suite can be reached"),
      (
        "a\t1\t-\tunreachable",
        "no suite can be reached, so whether there is a newer one is not known"
      ),
    ] as [(String, String?)])
  func advice(line: String, text: String?) throws {
    #expect(try KernelFinding(parsing: line).advice == text)
  }

  @Test(
    "a line that is no finding is refused",
    arguments: ["", "6.12", "6.12\t1\t1\tnewish", "6.12\t1\tnewest"])
  func wrong(line: String) {
    #expect(throws: Failure.self) { try KernelFinding(parsing: line) }
  }
}
