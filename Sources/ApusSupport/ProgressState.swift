// SPDX-License-Identifier: GPL-2.0-only
// What runs, how far it is, and what is left, as one line.

import Foundation

/// The state of a work that has several steps, some of which run concurrently. Times are seconds
/// since any fixed time.
struct ProgressState: Equatable, Sendable {
  /// A step that runs.
  struct Step: Equatable, Sendable {
    var name: String
    var start: Double
    /// How many results it has printed.
    var results = 0
    /// What it is at, in its own words.
    var detail = ""
  }

  /// The number of all steps.
  var total = 0
  /// The number of those that ended.
  var done = 0
  /// How many results failed.
  var failed = 0
  /// The steps that run, the oldest first.
  private(set) var running: [Step] = []

  mutating func begin(_ name: String, at now: Double) {
    running.append(Step(name: name, start: now))
  }

  /// Ends a step. Returns how long it took.
  @discardableResult
  mutating func end(_ name: String, at now: Double) -> Double {
    guard let place = running.firstIndex(where: { $0.name == name }) else { return 0 }
    done += 1
    return now - running.remove(at: place).start
  }

  mutating func change(_ name: String, _ body: (inout Step) -> Void) {
    guard let place = running.firstIndex(where: { $0.name == name }) else { return }
    body(&running[place])
  }

  /// The line, in at most `columns` columns.
  func line(at now: Double, columns: Int) -> String {
    let steps = running.map { step in
      var text = "\(Self.duration(now - step.start)) \(step.name)"
      if step.results > 0 { text += ", \(step.results) results" }
      if !step.detail.isEmpty { text += ", \(step.detail)" }
      return text
    }
    let left = total - done - running.count
    var head = "[\(done)/\(total)]"
    if failed > 0 { head += " \(failed) failed," }
    head += " \(max(left, 0)) to come"
    return TerminalStyle.fitted(
      steps.isEmpty ? head : "\(head); now \(steps.joined(separator: "; "))", columns)
  }

  /// A duration, such as "5 s" or "2 min 5 s".
  static func duration(_ seconds: Double) -> String {
    let seconds = Int(max(seconds, 0))
    return seconds < 60 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
  }
}
