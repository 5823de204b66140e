// SPDX-License-Identifier: GPL-2.0-only
// One result that a test printed.

/// The result of one test.
public struct TestLine: Equatable, Sendable {
  /// Whether a test passed.
  public enum Verdict: Equatable, Sendable {
    case passed
    case failed
    /// Not run, with the reason that the test printed.
    case skipped(String)
  }

  /// Whether this test passed.
  public var verdict: Verdict
  /// The promise that the test checks. For a nested test, the names of the enclosing tests come
  /// first.
  public var promise: String
  /// The observation, which may be empty.
  public var seen: String

  /// A result with its promise and observation.
  public init(_ verdict: Verdict, _ promise: String, seen: String = "") {
    self.verdict = verdict
    self.promise = promise
    self.seen = seen
  }
}
