// SPDX-License-Identifier: GPL-2.0-only
// Tests of the report of progress: its line, when it comes, and what a terminal gets.

import Synchronization
import Testing

@testable import ApusSupport

@Suite struct ProgressTests {
  /// An output that keeps what it gets, and a clock that a test moves.
  private final class Stage: Sendable {
    let text = Bytes()
    private let time = Mutex(0.0)
    var now: Double { time.withLock { $0 } }
    func move(to now: Double) { time.withLock { $0 = now } }
    var lines: [String] { text.text.split(separator: "\n").map(String.init) }

    func output() -> LiveOutput { LiveOutput { bytes, _ in self.text.append(bytes) } }
    func progress(_ style: TerminalStyle, _ output: LiveOutput? = nil) -> ApusSupport.Progress {
      ApusSupport.Progress(style: style, output: output ?? self.output()) { self.now }
    }
  }

  private static func terminal(columns: Int = 80, _ environment: [String: String] = [:])
    -> TerminalStyle
  {
    TerminalStyle(
      isTerminal: true, columns: columns,
      environment: environment.merging(["TERM": "xterm"]) { old, _ in old })
  }

  @Test("the line says what runs, for how long, how far it is, and what is to come")
  func line() {
    var state = ProgressState()
    state.total = 9
    state.begin("host", at: 0)
    state.end("host", at: 5)
    state.begin("vm/6.12/dm-basic", at: 5)
    state.begin("vm/6.12/plain", at: 60)
    state.change("vm/6.12/dm-basic") { $0.results = 23 }
    #expect(
      state.line(at: 70, columns: 200)
        == "[1/9] 6 to come; now 1 min 5 s vm/6.12/dm-basic, 23 results; 10 s vm/6.12/plain")
    state.failed = 2
    #expect(state.line(at: 70, columns: 31) == "[1/9] 2 failed, 6 to come; now…")
  }

  @Test("a step that is not there changes nothing")
  func unknown() {
    var state = ProgressState()
    state.total = 1
    #expect(state.end("x", at: 4) == 0)
    state.change("x") { $0.results = 1 }
    #expect(state.line(at: 4, columns: 80) == "[0/1] 1 to come")
  }

  @Test("a step tells how long it took")
  func duration() {
    var state = ProgressState()
    state.begin("x", at: 4)
    #expect(state.end("x", at: 10.5) == 6.5)
    #expect(ProgressState.duration(59.9) == "59 s")
    #expect(ProgressState.duration(61) == "1 min 1 s")
  }

  @Test("in a pipe a line comes after a silence, and only then")
  func pipe() {
    let stage = Stage()
    let output = stage.output()
    let progress = stage.progress(.plain, output)
    progress.expect(2)
    progress.begin("misuse")
    for now in stride(from: 0.0, through: 24.5, by: 0.5) {
      stage.move(to: now)
      progress.tick()
    }
    #expect(stage.lines == [])
    stage.move(to: 25)
    progress.tick()
    #expect(stage.lines == ["apus: [0/2] 1 to come; now 25 s misuse"])
    // Any other output begins the silence anew, and so does this line.
    stage.move(to: 40)
    output.write(Array("ok      x\n".utf8), to: 1)
    progress.tick()
    stage.move(to: 60)
    progress.tick()
    #expect(stage.lines.count == 2)
    stage.move(to: 65)
    progress.tick()
    #expect(stage.lines.last == "apus: [0/2] 1 to come; now 1 min 5 s misuse")
  }

  @Test("in a pipe no line comes when nothing runs")
  func idle() {
    let stage = Stage()
    let progress = stage.progress(.plain)
    stage.move(to: 100)
    progress.tick()
    #expect(stage.lines == [])
  }

  @Test("on a terminal the live line is erased before a line, and drawn below it")
  func live() {
    let stage = Stage()
    let output = stage.output()
    let progress = stage.progress(Self.terminal(columns: 20), output)
    progress.expect(1)
    progress.begin("misuse/6.12")
    progress.tick()
    output.write(Array("ok\n".utf8), to: 1)
    output.show("")
    let line = "[0/1] 0 to come; n…\r"
    #expect(stage.text.text == line + "\r\u{1B}[Kok\n" + line + "\r\u{1B}[K")
  }

  @Test("the live line does not come into the middle of another")
  func middle() {
    let stage = Stage()
    let output = stage.output()
    output.write(Array("a".utf8), to: 1)
    output.show("live")
    output.write(Array("b\n".utf8), to: 1)
    #expect(stage.text.text == "ab\nlive\r")
  }

  @Test("a live line is gone when the work is over, also when it fails")
  func over() async {
    let stage = Stage()
    let progress = stage.progress(Self.terminal())
    progress.begin("x")
    await #expect(throws: Failure.self) {
      try await progress.during {
        progress.tick()
        throw Failure("no")
      }
    }
    #expect(stage.text.text.hasSuffix("\r\u{1B}[K"))
  }

  @Test("colours: on a terminal, without NO_COLOR, never in a pipe")
  func colours() {
    #expect(Self.terminal().good("x") == "\u{1B}[32mx\u{1B}[0m")
    #expect(Self.terminal(["NO_COLOR": "1"]).good("x") == "x")
    #expect(Self.terminal(["NO_COLOR": ""]).hasColours)
    #expect(!Self.terminal(["TERM": "dumb"]).isLive)
    let pipe = TerminalStyle(isTerminal: false, columns: 80, environment: ["TERM": "xterm"])
    #expect(pipe.bad("x") == "x" && !pipe.isLive)
  }

  @Test("results are counted in pieces of output")
  func counter() {
    let counter = ResultCounter()
    #expect(counter.results(Array("ok - a: b\nnot o".utf8)) == 1)
    #expect(counter.results(Array("k - c: d\n  ok 1 - e\nokay\n".utf8)) == 2)
    #expect(counter.results(Array("ok - no end".utf8)) == 0)
  }
}
