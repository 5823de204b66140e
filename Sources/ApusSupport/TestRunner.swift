// SPDX-License-Identifier: GPL-2.0-only
// Runs suites: collects the tests, runs them and counts the results. Several virtual machines run
// concurrently; everything else runs sequentially.

import Foundation

/// One run of `apus test`.
public struct TestRunner: Sendable {
  let layout: Layout
  /// The results so far.
  public private(set) var tally: TestTally
  private let progress: Progress

  /// A run that has counted nothing.
  public init(layout: Layout, style: TerminalStyle = .find()) {
    self.layout = layout
    tally = TestTally(style: style)
    progress = Progress(style: style)
  }

  /// What runs by itself, or several virtual machines that run concurrently.
  private enum Step: Sendable {
    case unitTests
    case program(path: String, name: String, kernel: String?)
    case boots([Boot])
    case bench(kernel: String)
  }

  /// Runs all suites of a plan.
  public mutating func run(_ plan: TestPlan) async throws {
    var steps: [Step] = []
    for suite in plan.suites { steps += self.steps(of: suite, in: plan) }
    for step in steps {
      if case .boots(let boots) = step { progress.expect(boots.count) } else { progress.expect(1) }
    }
    let progress = progress
    try await progress.during {
      for step in steps { try await run(step) }
    }
  }

  private mutating func steps(of suite: Suite, in plan: TestPlan) -> [Step] {
    switch suite {
    case .host:
      let folder = "\(layout.root)/Tests/Host"
      let scripts = Self.scripts(in: folder).filter {
        FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)")
      }
      return [.unitTests]
        + scripts.map {
          .program(path: "Tests/Host/\($0)", name: "host/\($0.dropLast(3))", kernel: nil)
        }
    case .misuse:
      return plan.kernels.map {
        .program(path: "Tests/Misuse/run", name: "misuse/\($0)", kernel: $0)
      }
    case .codegen:
      return plan.kernels.flatMap { kernel in
        ["Codegen", "Gates", "Surface", "Examples"].map {
          .program(
            path: "Tests/\($0)/run", name: "\($0.lowercased())/\(kernel)", kernel: kernel)
        }
      }
    case .vm:
      let further = plan.furtherKernels.flatMap { kernel in
        boots(of: suite, on: kernel).filter { $0.header.difference != nil }
      }
      return [.boots(plan.kernels.flatMap { boots(of: suite, on: $0) } + further)]
    case .bench:
      return plan.kernels.map { .bench(kernel: $0) }
    case .debug:
      return [.boots(boots(of: suite, on: KernelList.debugName))]
    }
  }

  private mutating func run(_ step: Step) async throws {
    switch step {
    case .unitTests: try await runUnitTests()
    case .program(let path, let name, let kernel):
      try await runProgram(path, named: name, kernel: kernel)
    case .boots(let boots): try await run(boots)
    case .bench(let kernel): try await runBench(on: kernel)
    }
  }

  /// Counts and prints a part that has ended.
  private mutating func close(_ part: TestTally.Part) {
    tally.record(part, seconds: progress.end(part.name))
    progress.failed(tally.failed)
  }

  // MARK: - Host

  private mutating func runUnitTests() async throws {
    var part = TestTally.Part("host", command: "swift test")
    progress.begin(part.name)
    let output = Bytes()
    let counter = ResultCounter()
    let progress = progress
    let status = try await Tool("swift", ["test", "--package-path", layout.root]).run(
      errors: .intoOutput
    ) { bytes in
      output.append(bytes)
      // Before the tests, the compiler says how far it is.
      if let line = counter.lines(bytes).last {
        progress.describe("host", as: TerminalStyle.fitted(line, 50))
      }
    }
    try Interruption.check()
    part.output = output.text
    part.logs = [try keep(output.content, of: part.name)]
    let parser = SwiftTestParser(part.output)
    part.lines = parser.lines
    let isExplained = parser.lines.contains { $0.verdict == .failed }
    if !parser.isComplete || parser.lines.isEmpty || status != .exited(0) && !isExplained {
      part.faults.append(
        parser.isComplete
          ? "swift test ended with status \(status.code)"
          : "swift test ended before its last result (status \(status.code))")
    }
    if isExplained {
      part.complaint = part.output.split(whereSeparator: \.isNewline).map(String.init).filter {
        $0.contains(" recorded an issue ") || $0.hasPrefix("↳ ")
      }
    }
    close(part)
  }

  /// Runs an executable of the tree that prints results, with KERNEL in its environment.
  private mutating func runProgram(_ path: String, named name: String, kernel: String?)
    async throws
  {
    let program = "\(layout.root)/\(path)"
    var part = TestTally.Part(name, command: (kernel.map { "KERNEL=\($0) " } ?? "") + path)
    progress.begin(name)
    guard FileManager.default.isExecutableFile(atPath: program) else {
      part.faults = ["there is no executable \(path)"]
      close(part)
      return
    }
    let environment = kernel.map { ["KERNEL": $0] } ?? [:]
    let output = Bytes()
    let counter = ResultCounter()
    let progress = progress
    let status = try await Tool(program, environment: environment, directory: layout.root).run(
      errors: .intoOutput
    ) { bytes in
      output.append(bytes)
      progress.add(counter.results(bytes), to: name)
    }
    try Interruption.check()
    part.output = output.text
    part.logs = [try keep(output.content, of: name)]
    Self.judge(&part, status: status.code)
    close(part)
  }

  /// Finds the results in a part's output, and the faults that no result reports.
  private static func judge(_ part: inout TestTally.Part, status: Int32) {
    part.lines = TestLineParser.parse(part.output)
    if part.lines.isEmpty { part.faults.append("it printed no result") }
    if status != 0 { part.faults.append("it ended with status \(status)") }
  }

  /// Saves the output of a part that boots nothing. Returns the file's path in the tree.
  private func keep(_ output: [UInt8], of name: String) throws -> String {
    let folder = "\(layout.root)/build/test"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let file = "\(name.replacing("/", with: "-")).log"
    try Data(output).write(to: URL(fileURLWithPath: "\(folder)/\(file)"))
    return "build/test/\(file)"
  }

  // MARK: - Bench

  private mutating func runBench(on kernel: String) async throws {
    var part = TestTally.Part(
      "bench/\(kernel)", command: "make test SUITE=bench KERNEL=\(kernel)")
    progress.begin(part.name)
    do {
      part.lines = try await BenchRun(kernel: kernel, layout: layout).judgeShortSet()
      if part.lines.isEmpty { part.faults = ["Tests/Bench/short.txt names no row"] }
    } catch let failure as Failure where Interruption.signal == nil {
      part.faults = [failure.description]
    }
    close(part)
  }

  // MARK: - Virtual machines

  /// A script to run on a kernel.
  private struct Boot: Sendable {
    let name: String
    let script: String
    let path: String
    let header: ScriptHeader
    let kernel: String

    /// The command that boots it alone.
    func command(in layout: Layout) -> String {
      "make vm KERNEL=\(kernel) SCRIPT=\(path.dropFirst(layout.root.count + 1))"
    }
  }

  /// How many virtual machines run concurrently: at most one for each CPU and each 4 GiB of memory.
  /// A guest with two CPUs is idle for about half of its time.
  private static var width: Int {
    let processes = ProcessInfo.processInfo
    return max(1, min(processes.activeProcessorCount, Int(processes.physicalMemory >> 32)))
  }

  /// The scripts that a suite has for a kernel, sorted by name.
  private mutating func boots(of suite: Suite, on kernel: String) -> [Boot] {
    let name = suite == .debug ? "debug" : "vm/\(kernel)"
    let folder = "\(layout.root)/Tests/VM"
    let scripts = Self.virtualMachineScripts(in: folder)
    guard !scripts.isEmpty else {
      tally.fail(name, "there is no script in Tests/VM", command: "git status Tests/VM")
      return []
    }
    let built = (try? FileManager.default.contentsOfDirectory(atPath: layout.build(kernel))) ?? []
    guard built.contains(where: { $0.hasSuffix(".ko") }) else {
      tally.fail(
        name, "there is no module in build/\(kernel)", command: "make test KERNEL=\(kernel)")
      return []
    }
    var boots: [Boot] = []
    for (script, path) in scripts {
      let scriptName = "\(name)/\(script.dropLast(3))"
      do {
        let header = try ScriptHeader(
          parsing: String(contentsOfFile: path, encoding: .utf8), named: script)
        guard header.runs(in: suite.rawValue, on: kernel) else { continue }
        boots.append(
          Boot(name: scriptName, script: script, path: path, header: header, kernel: kernel))
      } catch {
        tally.fail(scriptName, "\(error)", command: "make test SUITE=\(suite.rawValue)")
      }
    }
    return boots
  }

  /// Boots all of them, several concurrently. The results of each are printed together when it
  /// ends.
  private mutating func run(_ boots: [Boot]) async throws {
    // Files that all boots of a kernel share are made first, so that no two boots make them
    // concurrently.
    for kernel in Set(boots.map(\.kernel)).sorted() {
      let images = try await KernelImages.prepare(kernel, in: layout)
      _ = try await Accelerator.find(for: images, in: layout)
      _ = try await images.index(of: layout.build(kernel), withDropins: false, in: layout)
      if boots.contains(where: { $0.kernel == kernel && $0.header.usesDropins }) {
        _ = try await images.index(of: layout.build(kernel), withDropins: true, in: layout)
      }
    }
    let layout = layout
    let progress = progress
    let width = Self.width
    try await withThrowingTaskGroup(of: TestTally.Part.self) { group in
      var waiting = boots[...]
      for boot in waiting.prefix(width) {
        group.addTask { try await Self.run(boot, layout, beside: width, progress) }
      }
      waiting = waiting.dropFirst(width)
      while let part = try await group.next() {
        if let boot = waiting.popFirst() {
          group.addTask { try await Self.run(boot, layout, beside: width, progress) }
        }
        close(part)
      }
    }
  }

  private static func run(
    _ boot: Boot, _ layout: Layout, beside width: Int, _ progress: Progress
  ) async throws -> TestTally.Part {
    var part = TestTally.Part(boot.name, command: boot.command(in: layout))
    progress.begin(boot.name)
    do {
      // A script's time limit assumes a stock kernel and no other virtual machine.
      let factor = (width > 1 ? 2 : 1) * (boot.kernel == KernelList.debugName ? 3 : 1)
      var header = boot.header
      header.timeout = (header.timeout ?? Int(VirtualMachine.usualTimeout)) * factor
      let (outcome, output) = try await Self.boot(
        boot.path, named: boot.name, header, boot.kernel, layout
      ) { progress.add($0, to: boot.name) }
      part.logs = try keep(outcome, output, of: boot.script, on: boot.kernel, layout)
      part.output = output.text
      // Unless the script ended, the boot's status is reported with the complaint, not as the
      // script's own.
      var status: Int32 = 0
      if case .finished(let own) = outcome.end { status = own }
      judge(&part, status: status)
      if let complaint = outcome.complaint?.split(separator: "\n").map(String.init) {
        part.faults.append(complaint.first ?? "the kernel broke")
        part.complaint = Array(complaint.dropFirst())
      }
    } catch let failure as Failure where Interruption.signal == nil {
      part.faults = [failure.description]
    }
    return part
  }

  /// Boots a virtual machine for one of the tree's scripts, with the settings of its header.
  /// `counted` gets the number of new results.
  ///
  /// A fault of the emulator says nothing about the script. After one, the script is booted once
  /// more, and no more often than that.
  static func boot(
    _ path: String, named name: String, _ header: ScriptHeader, _ kernel: String,
    _ layout: Layout, modules: String? = nil, counted: @escaping @Sendable (Int) -> Void,
    said: @escaping @Sendable ([UInt8]) -> Void = { _ in }
  ) async throws -> (outcome: BootOutcome, output: Bytes) {
    var machine = VirtualMachine(kernel: kernel, work: .script(path: path))
    machine.apply(header)
    machine.modules = modules
    machine.files = try header.paths(besides: path, in: layout)
    func attempt() async throws -> (outcome: BootOutcome, output: Bytes) {
      let output = Bytes()
      let counter = ResultCounter()
      let outcome = try await machine.boot(in: layout) { bytes in
        output.append(bytes)
        said(bytes)
        counted(counter.results(bytes))
      }
      return (outcome, output)
    }
    let first = try await attempt()
    guard let fault = first.outcome.emulationFault else { return first }
    Terminal.line("\(name): \(fault); it is booted once more")
    return try await attempt()
  }

  /// Saves a script's output and console in `build/<kernel>/vm/`. Returns the files' paths in the
  /// tree.
  static func keep(
    _ outcome: BootOutcome, _ output: Bytes, of script: String, on kernel: String, _ layout: Layout
  ) throws -> [String] {
    let folder = "\(layout.build(kernel))/vm"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let stem = "\(folder)/\(script.dropLast(3))"
    try Data(output.content).write(to: URL(fileURLWithPath: stem + ".log"))
    try Data(outcome.console.utf8).write(to: URL(fileURLWithPath: stem + ".console.log"))
    return [".log", ".console.log"].map { String((stem + $0).dropFirst(layout.root.count + 1)) }
  }

  /// The scripts for virtual machines and their paths, sorted by name: those in the folder, and in
  /// its folders, that are not sourced by others.
  static func virtualMachineScripts(in folder: String) -> [(script: String, path: String)] {
    let folders = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { $0 != "lib" }.map { "\(folder)/\($0)" }
    return ([folder] + folders).flatMap { folder in
      scripts(in: folder).filter { $0 != "lib.sh" }.map { ($0, "\(folder)/\($0)") }
    }.sorted { $0.script < $1.script }
  }

  /// The shell scripts in a folder, sorted by name.
  static func scripts(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
      $0.hasSuffix(".sh")
    }.sorted()
  }
}
