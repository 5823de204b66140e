// SPDX-License-Identifier: GPL-2.0-only
// Tests of the time for which a program was kept from running.

import Foundation
import Testing

@testable import ApusSupport

@Suite struct StarvationTests {
  @Test("the second number is the wait, in nanoseconds")
  func parse() {
    #expect(Starvation.seconds(parsing: "257854242 1500000000 435\n") == 1.5)
    #expect(Starvation.seconds(parsing: "0 0 0\n") == 0)
  }

  @Test("other text is refused", arguments: ["", "1 2", "1 -2 3", "a b c", "1 2 3 4"])
  func refuse(text: String) { #expect(Starvation.seconds(parsing: text) == nil) }

  @Test("a program that competes for one CPU has waited")
  func competition() throws {
    let script = "taskset -pc 0 $$ > /dev/null; while :; do :; done"
    let processes = try (0..<2).map { _ in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", script]
      try process.run()
      return process
    }
    defer { for process in processes { process.terminate() } }
    // Both want the same CPU, so one of them waits, however slow the machine is.
    while Starvation.seconds(of: processes[0].processIdentifier) < 0.2 { usleep(10_000) }
  }

  @Test("a process that is gone has waited for no time")
  func gone() { #expect(Starvation.seconds(of: Int32.max) == 0) }
}
