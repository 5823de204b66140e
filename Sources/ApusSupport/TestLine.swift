// SPDX-License-Identifier: GPL-2.0-only
// One result that a test printed.

/// One counted test.
public struct TestLine: Equatable, Sendable {
  public enum Verdict: Equatable, Sendable {
    case passed
    case failed
    /// Not run, with the reason it gave.
    case skipped(String)
  }

  public var verdict: Verdict
  /// What is promised; for a nested test the names of those around it come first.
  public var promise: String
  /// What was seen, which may be empty.
  public var seen: String

  public init(_ verdict: Verdict, _ promise: String, seen: String = "") {
    self.verdict = verdict
    self.promise = promise
    self.seen = seen
  }
}
