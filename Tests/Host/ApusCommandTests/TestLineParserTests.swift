// SPDX-License-Identifier: GPL-2.0-only
// Tests of reading results from a test's output.

import Testing

@testable import ApusSupport

@Suite struct TestLineParserTests {
  @Test("promises and what was seen are told apart")
  func plain() {
    let lines = TestLineParser.parse(
      "noise\nok - reads come back: 4096 bytes: equal\nnot ok - it unloads: busy\nok - short\n")
    #expect(
      lines == [
        TestLine(.passed, "reads come back", seen: "4096 bytes: equal"),
        TestLine(.failed, "it unloads", seen: "busy"),
        TestLine(.passed, "short"),
      ])
  }

  @Test(
    "words that only look like results are none",
    arguments: ["okay - x", "ok then", "not ok", "nok - x", "ok", "# ok - x"])
  func noise(text: String) {
    #expect(TestLineParser.parse(text).isEmpty)
  }

  @Test("TAP's numbers and skips are read")
  func tap() {
    let lines = TestLineParser.parse(
      "1..3\nok 1 - first\nnot ok 2 second\nok 3 third # SKIP no zram\n")
    #expect(
      lines == [
        TestLine(.passed, "first"), TestLine(.failed, "second"),
        TestLine(.skipped("no zram"), "third"),
      ])
  }

  @Test("a subtest's summary counts only when it has no children")
  func nested() {
    let lines = TestLineParser.parse(
      """
      [    1.2] KTAP version 1
      [    1.2] 1..2
      [    1.2]     # Subtest: pages
      [    1.2]     1..2
      [    1.2]     ok 1 maps
      [    1.2]     not ok 2 copies
      [    1.2] # pages: pass:1 fail:1
      [    1.2] not ok 1 pages
      [    1.2] ok 2 alone
      """)
    #expect(
      lines == [
        TestLine(.passed, "pages/maps"), TestLine(.failed, "pages/copies"),
        TestLine(.passed, "alone"),
      ])
  }

  @Test("a failed summary over children that all passed is a failure")
  func silentFailure() {
    let lines = TestLineParser.parse("    ok 1 a\nnot ok 1 group\n")
    #expect(lines == [TestLine(.passed, "a"), TestLine(.failed, "group")])
  }

  @Test("a line of its own after nested ones is no summary")
  func ownLine() {
    #expect(TestLineParser.parse("    ok 1 a\nok - all of it: seen\n").count == 2)
  }
}
