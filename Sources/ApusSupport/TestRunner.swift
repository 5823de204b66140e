// SPDX-License-Identifier: GPL-2.0-only
// Runs suites: collects the tests, runs them and counts the results. Several virtual machines run
// concurrently; everything else runs sequentially.

import Foundation

/// One run of `apus test`.
public struct TestRunner: Sendable {
  let layout: Layout
  /// The results so far.
  public private(set) var tally = TestTally()

  /// A run that has counted nothing.
  public init(layout: Layout) { self.layout = layout }

  /// Runs all suites of a plan.
  public mutating func run(_ plan: TestPlan) async throws {
    for suite in plan.suites {
      switch suite {
      case .host:
        try await runHostTests()
      case .misuse:
        for kernel in plan.kernels {
          try await runProgram("Tests/Misuse/run", named: "misuse", kernel: kernel)
        }
      case .codegen:
        for kernel in plan.kernels {
          try await runProgram("Tests/Codegen/run", named: "codegen", kernel: kernel)
          try await runProgram("Tests/Gates/run", named: "gates", kernel: kernel)
          try await runProgram("Tests/Surface/run", named: "surface", kernel: kernel)
          try await runProgram("Tests/Examples/run", named: "examples", kernel: kernel)
        }
      case .vm:
        let further = plan.furtherKernels.flatMap { kernel in
          boots(of: suite, on: kernel).filter { $0.header.difference != nil }
        }
        try await run(plan.kernels.flatMap { boots(of: suite, on: $0) } + further)
      case .bench:
        for kernel in plan.kernels { try await runBench(on: kernel) }
      case .debug:
        try await run(boots(of: suite, on: KernelList.debugName))
      }
    }
  }

  // MARK: - Host

  private mutating func runHostTests() async throws {
    let (status, output) = try await Tool("swift", ["test", "--package-path", layout.root]).output(
      errors: .intoOutput)
    try Interruption.check()
    let parser = SwiftTestParser(output)
    for line in parser.lines { tally.record(line, named: "host/\(line.promise)") }
    if status != .exited(0) || !parser.isComplete || parser.lines.isEmpty {
      if !parser.lines.contains(where: { $0.verdict == .failed }) {
        tally.fail(
          "host/swift test",
          parser.isComplete
            ? "it ended with status \(status.code)"
            : "it did not come to its end (status \(status.code))")
      }
      tally.show(output, of: "swift test", lines: 100)
    }
    let folder = "\(layout.root)/Tests/Host"
    for name in Self.scripts(in: folder)
    where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
      try await runProgram("Tests/Host/\(name)", named: "host/\(name.dropLast(3))", kernel: nil)
    }
  }

  /// Runs an executable of the tree that prints results, with KERNEL in its environment.
  private mutating func runProgram(_ path: String, named suite: String, kernel: String?)
    async throws
  {
    let name = kernel.map { "\(suite)/\($0)" } ?? suite
    let program = "\(layout.root)/\(path)"
    guard FileManager.default.isExecutableFile(atPath: program) else {
      tally.fail(name, "there is no executable \(path)")
      return
    }
    let environment = kernel.map { ["KERNEL": $0] } ?? [:]
    let (status, output) = try await Tool(program, environment: environment, directory: layout.root)
      .output(
        errors: .intoOutput)
    try Interruption.check()
    if !count(output, as: name, status: status.code) { tally.show(output, of: name) }
  }

  /// Counts the results in a program's output. Returns whether all of them, and the status, are
  /// good.
  private mutating func count(_ output: String, as name: String, status: Int32) -> Bool {
    let lines = TestLineParser.parse(output)
    let before = tally.failed
    for line in lines { tally.record(line, named: "\(name)/\(line.promise)") }
    if lines.isEmpty { tally.fail(name, "it printed no result") }
    if status != 0 { tally.fail(name, "it ended with status \(status)") }
    return tally.failed == before
  }

  // MARK: - Bench

  private mutating func runBench(on kernel: String) async throws {
    let name = "bench/\(kernel)"
    do {
      let lines = try await BenchRun(kernel: kernel, layout: layout).judgeShortSet()
      for line in lines { tally.record(line, named: "\(name)/\(line.promise)") }
      if lines.isEmpty { tally.fail(name, "Tests/Bench/short.txt names no row") }
    } catch let failure as Failure where Interruption.signal == nil {
      tally.fail(name, failure.description)
    }
  }

  // MARK: - Virtual machines

  /// A script to run on a kernel.
  private struct Boot: Sendable {
    let name: String
    let script: String
    let path: String
    let header: ScriptHeader
    let kernel: String
  }

  /// The result of one boot.
  private enum Result: Sendable {
    case booted(Boot, BootOutcome, output: String)
    case failed(Boot, String)
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
      tally.fail(name, "there is no script in Tests/VM")
      return []
    }
    let built = (try? FileManager.default.contentsOfDirectory(atPath: layout.build(kernel))) ?? []
    guard built.contains(where: { $0.hasSuffix(".ko") }) else {
      tally.fail(name, "there is no module in build/\(kernel); run make modules KERNEL=\(kernel)")
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
        tally.fail(scriptName, "\(error)")
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
    let width = Self.width
    try await withThrowingTaskGroup(of: Result.self) { group in
      var waiting = boots[...]
      for boot in waiting.prefix(width) {
        group.addTask { try await Self.run(boot, layout, beside: width) }
      }
      waiting = waiting.dropFirst(width)
      while let result = try await group.next() {
        if let boot = waiting.popFirst() {
          group.addTask { try await Self.run(boot, layout, beside: width) }
        }
        switch result {
        case .booted(let boot, let outcome, let output): count(outcome, output, as: boot.name)
        case .failed(let boot, let reason): tally.fail(boot.name, reason)
        }
      }
    }
  }

  private static func run(_ boot: Boot, _ layout: Layout, beside width: Int) async throws -> Result
  {
    do {
      // A script's time limit assumes a stock kernel and no other virtual machine.
      let factor = (width > 1 ? 2 : 1) * (boot.kernel == KernelList.debugName ? 3 : 1)
      var header = boot.header
      header.timeout = (header.timeout ?? Int(VirtualMachine.usualTimeout)) * factor
      let first = Bytes()
      var output = first
      var outcome = try await Self.boot(boot.path, header, boot.kernel, layout) { first.append($0) }
      // A fault of the emulator says nothing about the script, so the script is booted once more,
      // and no more often than that.
      if let fault = outcome.emulationFault {
        Terminal.line("\(boot.name): \(fault); it is booted once more")
        let second = Bytes()
        output = second
        outcome = try await Self.boot(boot.path, header, boot.kernel, layout) { second.append($0) }
      }
      try keep(outcome, output, of: boot.script, on: boot.kernel, layout)
      return .booted(boot, outcome, output: output.text)
    } catch let failure as Failure where Interruption.signal == nil {
      return .failed(boot, failure.description)
    }
  }

  private mutating func count(_ outcome: BootOutcome, _ output: String, as name: String) {
    // Unless the script ended, the boot's status is reported with the complaint, not as the
    // script's own.
    var status: Int32 = 0
    if case .finished(let own) = outcome.end { status = own }
    let isWell = count(output, as: name, status: status)
    if let complaint = outcome.complaint {
      tally.fail(
        name, complaint.split(separator: "\n").first.map(String.init) ?? "the kernel broke")
      for line in complaint.split(separator: "\n").dropFirst() { Terminal.line("  \(line)") }
      tally.show(output, of: name)
    } else if !isWell {
      tally.show(output, of: name)
    }
  }

  /// Boots a virtual machine for one of the tree's scripts, with the settings of its header.
  static func boot(
    _ path: String, _ header: ScriptHeader, _ kernel: String, _ layout: Layout,
    consume: @escaping @Sendable ([UInt8]) -> Void
  ) async throws -> BootOutcome {
    var machine = VirtualMachine(kernel: kernel, work: .script(path: path))
    machine.apply(header)
    machine.files = try header.paths(besides: path, in: layout)
    return try await machine.boot(in: layout, consume: consume)
  }

  /// Saves a script's output and console in `build/<kernel>/vm/`.
  static func keep(
    _ outcome: BootOutcome, _ output: Bytes, of script: String, on kernel: String, _ layout: Layout
  )
    throws
  {
    let folder = "\(layout.build(kernel))/vm"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let stem = "\(folder)/\(script.dropLast(3))"
    try Data(output.content).write(to: URL(fileURLWithPath: stem + ".log"))
    try Data(outcome.console.utf8).write(to: URL(fileURLWithPath: stem + ".console.log"))
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
