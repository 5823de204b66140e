// SPDX-License-Identifier: GPL-2.0-only
// Tests of reading what `swift test` prints.

import Testing

@testable import ApusSupport

@Suite struct SwiftTestParserTests {
  @Test("single tests and the end of the run are read")
  func run() {
    let parser = SwiftTestParser(
      """
      ◇ Test run started.
      ◇ Test "an offence is seen" started.
      ✔ Test "an offence is seen" with 32 test cases passed after 0.004 seconds.
      ✘ Test plain() failed after 0.001 seconds with 1 issue.
      ✔ Suite ATests passed after 0.005 seconds.
      ✘ Test run with 2 tests in 1 suite failed after 0.005 seconds with 1 issue.
      """)
    #expect(
      parser.lines == [TestLine(.passed, "an offence is seen"), TestLine(.failed, "plain()")])
    #expect(parser.isComplete)
  }

  @Test("a run that breaks off is not complete")
  func broken() {
    #expect(
      !SwiftTestParser("✔ Test a() passed after 0.004 seconds.\nerror: signal 11\n").isComplete)
  }
}
