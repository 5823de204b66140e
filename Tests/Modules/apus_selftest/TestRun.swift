// SPDX-License-Identifier: GPL-2.0-only
// apus_selftest: running tests, and saying how they went in KTAP.

import Kernel

/// The tests run so far.
struct TestRun: ~Copyable {
  private var count = 0
  private var failed = 0
  /// Those of the failed that failed in another way than for want of memory.
  private var wrong = 0
  private let isQuiet: Bool

  /// A quiet run tells only what is wrong, and a want of memory is not.
  init(quietly isQuiet: Bool = false) {
    self.isQuiet = isQuiet
    if !isQuiet { log(.info, "KTAP version 1") }
  }

  /// Runs one test. Its name says what it promises.
  mutating func test(_ name: Literal, _ body: (inout Checks) throws(Errno) -> Void) {
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
    // A test that checked nothing has shown nothing.
    if checks.count == 0 { log(.info, "# \(name): nothing was checked") }
    if checks.failures == 0, checks.count > 0 {
      log(.info, "ok \(count) \(name)")
    } else {
      failed &+= 1
      log(.info, "not ok \(count) \(name)")
    }
  }

  /// Says how many there were.
  consuming func finish() {
    log(.info, "1..\(count)")
    log(.info, "# \(count &- failed) passed, \(failed) failed")
  }

  /// Ends a quiet run. Throws: `outOfMemory` if that was all that was missing, and `ioError` if anything was wrong.
  consuming func check() throws(Errno) {
    if count == 0 { throw .invalidArgument }
    if wrong > 0 { throw .ioError }
    if failed > 0 { throw .outOfMemory }
  }
}

/// What one test has checked.
struct Checks {
  fileprivate(set) var count = 0
  fileprivate(set) var failures = 0
  /// Those that no want of memory explains.
  fileprivate(set) var wrong = 0

  /// Fails the test unless a condition holds.
  mutating func expect(_ condition: Bool, _ what: Literal, line: Int = #line) {
    count &+= 1
    if !condition {
      failures &+= 1
      wrong &+= 1
      log(.info, "# line \(line): expected that \(what)")
    }
  }

  /// Fails the test unless `body` throws an error.
  mutating func expect(_ error: Errno, _ what: Literal, line: Int = #line, from body: () throws(Errno) -> Void) {
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
