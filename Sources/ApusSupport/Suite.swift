// SPDX-License-Identifier: GPL-2.0-only
// The suites of tests, by the names that `make test SUITE=` takes.

/// A suite.
public enum Suite: String, CaseIterable, Sendable {
  /// Unit tests of the host side, and scripts that need no kernel.
  case host
  /// Programs that must not compile.
  case misuse
  /// What the compiler made, and the gates that judge it.
  case codegen
  /// Scripts in a booted kernel.
  case vm
  /// The same scripts on the debug kernel.
  case debug
}
