// SPDX-License-Identifier: GPL-2.0-only
// The test suites, with the names that `make test SUITE=` accepts.

/// A test suite.
public enum Suite: String, CaseIterable, Sendable {
  /// Unit tests of the host code, and scripts that require no kernel.
  case host
  /// Programs that must not compile.
  case misuse
  /// The compiler's output, and the gates that check it.
  case codegen
  /// Scripts in a booted kernel.
  case vm
  /// The short set of the bench: what it costs must not grow.
  case bench
  /// The same scripts on the debug kernel.
  case debug
}
