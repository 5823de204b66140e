// SPDX-License-Identifier: GPL-2.0-only
// apus_selftest: runs tests and reports the results in KTAP.

import Kernel

/// The results of the tests that have run so far.
struct TestRun: ~Copyable {
  private var count = 0
  private var failed = 0
  /// The failed tests whose failure is not explained by a lack of memory.
  private var wrong = 0
  private let isQuiet: Bool

  /// A quiet run reports only failures that a lack of memory does not explain.
  init(quietly isQuiet: Bool = false) {
    self.isQuiet = isQuiet
    if !isQuiet { log(.info, "KTAP version 1") }
  }

  /// Runs one test. The name of the test is the promise that it checks.
  mutating func test(_ name: StaticCString, _ body: (inout Checks) throws(Errno) -> Void) {
    var checks = Checks()
    do throws(Errno) {
      try body(&checks)
    } catch {
      if !isQuiet || error != .outOfMemory { log(.info, "# \(name): \(error)") }
      checks.failures &+= 1
      if error != .outOfMemory { checks.wrong &+= 1 }
    }
    count &+= 1
    if isQuiet {
      if checks.failures > 0 { failed &+= 1 }
      if checks.wrong > 0 {
        wrong &+= 1
        log(.info, "# wrong: \(name)")
      }
      return
    }
    // A test that checked nothing fails.
    if checks.count == 0 { log(.info, "# \(name): nothing was checked") }
    if checks.failures == 0, checks.count > 0 {
      log(.info, "ok \(count) \(name)")
    } else {
      failed &+= 1
      log(.info, "not ok \(count) \(name)")
    }
  }

  /// Writes the number of tests.
  consuming func finish() {
    log(.info, "1..\(count)")
    log(.info, "# \(count &- failed) passed, \(failed) failed")
  }

  /// Ends a quiet run. Throws: `outOfMemory` if all failures were due to a lack of memory, and
  /// `ioError` if there was any other failure.
  consuming func check() throws(Errno) {
    if count == 0 { throw .invalidArgument }
    if wrong > 0 { throw .ioError }
    if failed > 0 { throw .outOfMemory }
  }
}

/// The checks of one test.
struct Checks {
  fileprivate(set) var count = 0
  fileprivate(set) var failures = 0
  /// The failed checks that a lack of memory does not explain.
  fileprivate(set) var wrong = 0

  /// Fails the test unless a condition holds.
  mutating func expect(_ condition: Bool, _ what: StaticCString, line: Int = #line) {
    count &+= 1
    if !condition {
      failures &+= 1
      wrong &+= 1
      log(.info, "# line \(line): expected that \(what)")
    }
  }

  /// Fails the test unless `body` throws an error.
  mutating func expect(
    _ error: Errno, _ what: StaticCString, line: Int = #line, from body: () throws(Errno) -> Void
  ) {
    count &+= 1
    do throws(Errno) {
      try body()
      failures &+= 1
      wrong &+= 1
      log(.info, "# line \(line): expected that \(what), but nothing was thrown")
    } catch let thrown {
      if thrown != error {
        failures &+= 1
        if thrown == .outOfMemory { return }
        wrong &+= 1
        log(.info, "# line \(line): expected that \(what), but \(thrown) was thrown")
      }
    }
  }
}
