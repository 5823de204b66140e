// SPDX-License-Identifier: GPL-2.0-only
// Writes lines, and one more line below them that changes in place.

import Synchronization

/// The command's output. Several threads may write; texts are not mixed.
final class LiveOutput: Sendable {
  private struct State {
    var line = ""
    var isAtLineStart = true
    var count = 0
  }

  private let state = Mutex(State())
  private let sink: @Sendable ([UInt8], Int32) -> Void

  /// An output that passes its bytes and the file descriptor to `sink`.
  init(sink: @escaping @Sendable ([UInt8], Int32) -> Void) { self.sink = sink }

  /// The number of writes so far, without those of the live line.
  var count: Int { state.withLock { $0.count } }

  /// Writes bytes. The live line is erased before, and drawn again below them.
  func write(_ bytes: [UInt8], to descriptor: Int32) {
    state.withLock { state in
      state.count += 1
      if !state.line.isEmpty, state.isAtLineStart { sink(Self.erasure, 1) }
      sink(bytes, descriptor)
      if let last = bytes.last { state.isAtLineStart = last == UInt8(ascii: "\n") }
      draw(state)
    }
  }

  /// Replaces the live line; an empty one removes it.
  func show(_ line: String) {
    state.withLock { state in
      if !state.line.isEmpty, state.isAtLineStart { sink(Self.erasure, 1) }
      state.line = line
      draw(state)
    }
  }

  // The cursor returns to the line's start, so that what another program writes begins there.
  private func draw(_ state: State) {
    if !state.line.isEmpty, state.isAtLineStart { sink(Array((state.line + "\r").utf8), 1) }
  }

  private static let erasure = Array("\r\u{1B}[K".utf8)
}
