// SPDX-License-Identifier: GPL-2.0-only
// `apus run`: runs Tests/VM/demo.sh in one virtual machine, and ends with one screen.

import Synchronization

/// One run of the demonstration.
public struct Demonstration: Sendable {
  static let script = "demo.sh"
  /// The rows of the recorded bench that the screen shows.
  static let recorded = [
    "null irqmode=0 read 4k depth=1", "null memory blocksize=512 write 4k",
    "linear read 4k depth=1", "striped 2 read 4k depth=1",
  ]

  let layout: Layout
  let kernel: String
  let modules: String
  let style: TerminalStyle

  /// A run on a kernel, with the modules of a directory.
  public init(
    kernel: String, modules: String, layout: Layout, style: TerminalStyle = .find()
  ) {
    self.kernel = kernel
    self.modules = modules
    self.layout = layout
    self.style = style
  }

  /// Runs it. Returns 0 if everything held that it shows.
  public func run() async throws -> Int32 {
    let path = "\(layout.root)/Tests/VM/\(Self.script)"
    let text = try Self.read(path)
    let record = "Tests/Bench/recorded/\(kernel).txt"
    let entries = try BenchRecord(parsing: Self.read("\(layout.root)/\(record)")).entries
    let header = try ScriptHeader(parsing: text, named: Self.script)
    let titles = DemonstrationScreen.titles(of: text)
    let progress = Progress(style: style)
    let steps = Steps(count: titles.count + 1, progress: progress, isLive: style.isLive)
    steps.begin("Linux \(kernel) boots")
    let (outcome, output) = try await progress.during {
      try await TestRunner.boot(
        path, named: "the demonstration", header, kernel, layout, modules: modules,
        counted: { steps.add($0) }, said: { steps.look(at: $0) })
    }
    var screen = DemonstrationScreen(parsing: output.text, titles: titles)
    screen.recorded = Self.recorded.compactMap { name in entries.first { $0.name == name } }
    screen.record = record
    screen.look(at: outcome)
    screen.logs = try TestRunner.keep(outcome, output, of: Self.script, on: "shown", layout)
    Terminal.line("")
    for line in screen.lines(in: style) { Terminal.line(line) }
    return screen.holds ? 0 : 1
  }

  private static func read(_ path: String) throws -> String {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw Failure("cannot read \(path)")
    }
    return text
  }

  /// The parts of the script as steps of the progress, while its output arrives.
  private final class Steps: Sendable {
    private let state = Mutex((name: "", number: 0))
    private let counter = ResultCounter()
    private let count: Int
    private let progress: Progress
    private let isLive: Bool

    init(count: Int, progress: Progress, isLive: Bool) {
      self.count = count
      self.progress = progress
      self.isLive = isLive
      progress.expect(count)
    }

    func begin(_ name: String) {
      state.withLock { state in
        progress.end(state.name)
        progress.begin(name)
        state = (name, state.number + 1)
        if !isLive { Terminal.line("apus: [\(state.number)/\(count)] \(name)") }
      }
    }

    func add(_ results: Int) {
      let name = state.withLock { $0.name }
      progress.add(results, to: name)
    }

    func look(at bytes: [UInt8]) {
      for line in counter.lines(bytes) {
        if let title = DemonstrationScreen.title(line) { begin(title) }
      }
    }
  }
}
