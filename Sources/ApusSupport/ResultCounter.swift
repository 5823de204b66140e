// SPDX-License-Identifier: GPL-2.0-only
// Splits output that arrives in pieces into lines, and counts the results among them.

import Synchronization

/// Looks at a program's output while it arrives.
final class ResultCounter: Sendable {
  private let rest = Mutex<[UInt8]>([])

  /// Adds a piece. Returns the lines that it completes.
  func lines(_ bytes: [UInt8]) -> [String] {
    rest.withLock { rest in
      rest += bytes
      guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
      let lines = rest[..<end].split(separator: UInt8(ascii: "\n")).map {
        String(decoding: $0, as: UTF8.self)
      }
      rest.removeSubrange(...end)
      return lines
    }
  }

  /// Adds a piece. Returns how many results its lines have.
  func results(_ bytes: [UInt8]) -> Int {
    lines(bytes).count { line in
      let text = line.drop(while: \.isWhitespace)
      return text.hasPrefix("ok ") || text.hasPrefix("not ok ")
    }
  }
}
