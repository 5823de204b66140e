// SPDX-License-Identifier: GPL-2.0-only
// Writes to the terminal without buffering, so that output from a virtual machine appears
// immediately.

import Foundation

/// The command's standard output and error, and the settings of the terminal.
public enum Terminal {
  /// Writes bytes to standard output.
  public static func write(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

  /// Writes one line to standard output.
  public static func line(_ text: String) { write(Array((text + "\n").utf8), to: STDOUT_FILENO) }

  /// Writes one line to standard error, with the command's name in front.
  public static func say(_ text: String) { write(Array("apus: \(text)\n".utf8), to: STDERR_FILENO) }

  /// Writes text to standard error unchanged.
  public static func complain(_ text: String) {
    write(Array((text + "\n").utf8), to: STDERR_FILENO)
  }

  /// All output goes through this, so that a live line is not mixed with it.
  static let output = LiveOutput { bytes, descriptor in send(bytes, to: descriptor) }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    output.write(bytes, to: descriptor)
  }

  private static func send(_ bytes: [UInt8], to descriptor: Int32) {
    bytes.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      var done = 0
      while done < buffer.count {
        let count = Foundation.write(descriptor, base + done, buffer.count - done)
        if count > 0 {
          done += count
        } else if errno != EINTR && errno != EAGAIN {
          return
        }
      }
    }
  }

  /// The rows and columns of the terminal, or nil if standard input is not a terminal.
  public static var size: (rows: Int, columns: Int)? {
    var size = winsize()
    guard ioctl(STDIN_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return nil }
    return (Int(size.ws_row), Int(size.ws_col))
  }

  /// Runs `body` and restores the terminal's settings afterwards, even if `body` throws.
  public static func keepingSettings<Result>(_ body: () async throws -> Result) async rethrows
    -> Result
  {
    var saved = termios()
    let isTerminal = tcgetattr(STDIN_FILENO, &saved) == 0
    defer { if isTerminal { tcsetattr(STDIN_FILENO, TCSADRAIN, &saved) } }
    return try await body()
  }
}
