// SPDX-License-Identifier: GPL-2.0-only
// How the command writes: with a live line or without, in colours or without.

import Foundation

/// What the destination of the command's output is capable of.
public struct TerminalStyle: Equatable, Sendable {
  /// Whether the output goes to a terminal, so that one line may change in place.
  public var isLive: Bool
  /// Whether texts have colours.
  public var hasColours: Bool
  /// The width of the terminal.
  public var columns: Int

  /// Plain lines, for a pipe or a log.
  public static let plain = TerminalStyle(isLive: false, hasColours: false, columns: 100)

  /// The style for standard output.
  public static func find() -> TerminalStyle {
    var size = winsize()
    let columns =
      ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    return TerminalStyle(
      isTerminal: isatty(STDOUT_FILENO) == 1, columns: columns,
      environment: ProcessInfo.processInfo.environment)
  }

  /// The style for a terminal, or for something else. A terminal that cannot erase a line is no
  /// better than a file. A variable `NO_COLOR` that is not empty turns the colours off.
  init(isTerminal: Bool, columns: Int, environment: [String: String]) {
    isLive = isTerminal && !["", "dumb"].contains(environment["TERM"] ?? "")
    hasColours = isLive && (environment["NO_COLOR"] ?? "").isEmpty
    self.columns = columns
  }

  private init(isLive: Bool, hasColours: Bool, columns: Int) {
    self.isLive = isLive
    self.hasColours = hasColours
    self.columns = columns
  }

  /// The text in green: what holds.
  public func good(_ text: String) -> String { coloured(text, "32") }
  /// The text in red: what does not hold.
  public func bad(_ text: String) -> String { coloured(text, "1;31") }
  /// The text in bold: a title.
  public func strong(_ text: String) -> String { coloured(text, "1") }

  private func coloured(_ text: String, _ code: String) -> String {
    hasColours ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }

  /// The text in at most `columns` columns: a longer one ends with "…".
  static func fitted(_ text: String, _ columns: Int) -> String {
    text.count <= columns ? text : String(text.prefix(max(columns - 1, 0))) + "…"
  }
}
