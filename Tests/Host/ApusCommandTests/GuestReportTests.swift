// SPDX-License-Identifier: GPL-2.0-only
// Tests of reading the control channel.

import Testing

@testable import ApusSupport

@Suite struct GuestReportTests {
  @Test("a whole report is read")
  func whole() {
    let report = GuestReport(parsing: "booted 2.91\nexit 77\ndmesg\n[ 1] a\nexit 3\n[ 2] b\nend\n")
    #expect(report.bootSeconds == 2.91)
    #expect(report.status == 77)
    #expect(report.log == "[ 1] a\nexit 3\n[ 2] b\n")
  }

  @Test("a log that was cut off is none")
  func cut() {
    #expect(GuestReport(parsing: "booted 2.91\nexit 0\ndmesg\n[ 1] a\n").log == nil)
    #expect(GuestReport(parsing: "booted 2.91\nexit 0\ndmesg\n").log == nil)
    #expect(GuestReport(parsing: "booted 2.91\nexit 0\ndmesg\nend\n").log == "")
    #expect(GuestReport(parsing: "booted 2.91\nexit").status == nil)
  }
}
