// SPDX-License-Identifier: GPL-2.0-only
// Reports the progress of a long work: a live line on a terminal, and plain lines elsewhere.

import Synchronization

/// A report of progress. Any task may change it.
public final class Progress: Sendable {
  /// In a pipe or a log, a line is printed when nothing else was for this many seconds.
  static let silence = 25.0

  private struct State {
    var progress = ProgressState()
    /// The number of writes of the output when it was last looked at, and the time when it last
    /// changed.
    var count = 0
    var lastWrite: Double
  }

  private let state: Mutex<State>
  private let style: TerminalStyle
  private let output: LiveOutput
  private let clock: @Sendable () -> Double

  /// A report on the command's own output.
  public convenience init(style: TerminalStyle) {
    let start = ContinuousClock.now
    self.init(style: style, output: Terminal.output) { (ContinuousClock.now - start) / .seconds(1) }
  }

  init(style: TerminalStyle, output: LiveOutput, clock: @escaping @Sendable () -> Double) {
    self.style = style
    self.output = output
    self.clock = clock
    state = Mutex(State(lastWrite: clock()))
  }

  /// Runs `body` and reports meanwhile.
  public func during<Result: Sendable>(_ body: () async throws -> Result) async rethrows -> Result {
    let ticker = Task {
      while !Task.isCancelled {
        tick()
        try? await Task.sleep(for: .milliseconds(500))
      }
    }
    defer {
      ticker.cancel()
      state.withLock { _ in output.show("") }
    }
    return try await body()
  }

  /// Says that there are this many more steps.
  public func expect(_ steps: Int) { state.withLock { $0.progress.total += steps } }

  /// A step begins.
  public func begin(_ name: String) {
    state.withLock { $0.progress.begin(name, at: clock()) }
  }

  /// A step ended. Returns how long it took, in seconds.
  @discardableResult
  public func end(_ name: String) -> Double {
    state.withLock { $0.progress.end(name, at: clock()) }
  }

  /// A step printed more results.
  public func add(_ results: Int, to name: String) {
    state.withLock { $0.progress.change(name) { $0.results += results } }
  }

  /// A step says what it is at.
  public func describe(_ name: String, as detail: String) {
    state.withLock { $0.progress.change(name) { $0.detail = detail } }
  }

  /// So many results failed so far.
  public func failed(_ count: Int) { state.withLock { $0.progress.failed = count } }

  /// Draws the live line anew, or prints a line if there was none for long.
  func tick() {
    state.withLock { state in
      // The task that calls this may be late.
      guard !Task.isCancelled else { return }
      let now = clock()
      if style.isLive {
        output.show(state.progress.line(at: now, columns: style.columns - 1))
        return
      }
      if output.count != state.count {
        state.count = output.count
        state.lastWrite = now
      } else if now - state.lastWrite >= Self.silence, !state.progress.running.isEmpty {
        let line = state.progress.line(at: now, columns: 200)
        output.write(Array("apus: \(line)\n".utf8), to: 1)
      }
    }
  }
}
