// SPDX-License-Identifier: GPL-2.0-only
// Runs the bench: boots the guest that measures, and collects the results.

import Foundation

/// A run of the bench on a kernel.
public struct BenchRun: Sendable {
  let kernel: String
  let layout: Layout

  /// A run on a kernel, with the modules that `layout` has for it.
  public init(kernel: String, layout: Layout) {
    self.kernel = kernel
    self.layout = layout
  }

  private var folder: String { "\(layout.root)/Tests/Bench" }
  private var script: String { "\(folder)/bench.sh" }

  /// The machine that measures.
  ///
  /// - Parameter isShort: whether it measures only the rows of the short set.
  func machine(isShort: Bool) throws -> VirtualMachine {
    let text = try Self.read(script)
    var machine = VirtualMachine(kernel: kernel, work: .script(path: script))
    machine.apply(try ScriptHeader(parsing: text, named: script))
    let generator = "\(layout.build(kernel))/bench/apus_bench.ko"
    guard FileManager.default.fileExists(atPath: generator) else {
      throw Failure("there is no \(generator); run make modules KERNEL=\(kernel)")
    }
    machine.files = [generator] + (isShort ? ["\(folder)/short.txt"] : [])
    return machine
  }

  /// Boots the machine once and returns what it measured.
  private func measure(isShort: Bool) async throws -> BenchOutput {
    let output = Bytes()
    let outcome = try await machine(isShort: isShort).boot(in: layout) { output.append($0) }
    guard outcome.status == 0 else {
      let tail = output.text.split(separator: "\n").suffix(5).joined(separator: "\n")
      throw Failure(
        "the bench did not end well (status \(outcome.status)): \(outcome.complaint ?? "")\n\(tail)"
      )
    }
    return try BenchOutput(parsing: output.text)
  }

  /// Measures all rows in two boots, which run concurrently, and the sizes of the modules.
  public func run() async throws -> BenchResults {
    // The files that both boots use are made first.
    let images = try await KernelImages.prepare(kernel, in: layout)
    _ = try await images.index(of: layout.build(kernel), withDropins: false, in: layout)
    async let first = measure(isShort: false)
    async let second = measure(isShort: false)
    let boots = try await [first, second]
    var machine = BenchResults.Machine()
    machine.release = images.release
    machine.qemu = try await Self.firstLine("qemu-system-x86_64", ["--version"])
    machine.swift = try await Self.firstLine("swiftc", ["--version"])
    machine.commit = try await Self.firstLine(
      "git", ["-C", layout.root, "describe", "--always", "--dirty", "--abbrev=12"])
    let arguments = try self.machine(isShort: false).arguments(images, .tcg, "DIRECTORY")
    machine.command = (["qemu-system-x86_64"] + arguments).map {
      $0.contains(" ") ? "'\($0)'" : $0
    }.joined(separator: " ")
    machine.mitigations = boots[0].mitigations
    var results = BenchResults(
      kernel: kernel, machine: machine, rows: try BenchResults.rows(of: boots))
    results.sizes = try await sizes(images)
    return results
  }

  /// Measures the rows of the short set in one boot, and judges them by what is recorded.
  public func judgeShortSet() async throws -> [TestLine] {
    let names = try shortNames()
    let record = try BenchRecord(parsing: Self.read(recordPath))
    let rows = try BenchResults.rows(of: [await measure(isShort: true)])
    return record.judge(rows, names: names, changelog: try changelog())
  }

  /// Records the costs of the short set, and for the main kernel writes the tables of
  /// Documentation/Benchmarks.md.
  ///
  /// Throws: `Failure` if a cost has grown and the changelog does not say so.
  public func record(_ results: BenchResults) throws {
    let names = try shortNames()
    if FileManager.default.fileExists(atPath: recordPath) {
      let recorded = try BenchRecord(parsing: Self.read(recordPath))
      // A row of which nothing is recorded yet is no growth.
      let known = names.filter { name in recorded.entries.contains { $0.name == name } }
      let lines = recorded.judge(results.rows, names: known, changelog: try changelog())
      for line in lines where line.verdict == .failed {
        throw Failure("\(line.promise): \(line.seen)")
      }
    }
    try FileManager.default.createDirectory(
      atPath: "\(folder)/recorded", withIntermediateDirectories: true)
    try BenchRecord(results.rows, names: names).text(results.machine).write(
      toFile: recordPath, atomically: true, encoding: .utf8)
    if kernel == (try layout.kernels().stock.first) {
      let path = "\(layout.root)/Documentation/Benchmarks.md"
      try BenchTable.page(Self.read(path), with: results).write(
        toFile: path, atomically: true, encoding: .utf8)
    }
  }

  private var recordPath: String { "\(folder)/recorded/\(kernel).txt" }

  private func shortNames() throws -> [String] {
    BenchRecord.names(parsing: try Self.read("\(folder)/short.txt"))
  }

  private func changelog() throws -> String { try Self.read("\(layout.root)/CHANGELOG.md") }

  /// Writes `results.json` and `report.html` into `build/bench`.
  public func write(_ results: BenchResults) throws {
    let directory = "\(layout.root)/build/bench"
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    try results.json().write(to: URL(fileURLWithPath: "\(directory)/results.json"))
    try BenchReport.html(results).write(
      toFile: "\(directory)/report.html", atomically: true, encoding: .utf8)
  }

  /// The sizes of each module in C that has its counterpart in Swift.
  private func sizes(_ images: KernelImages) async throws -> [ModuleSizes] {
    let drivers = "\(images.directory)/modules/lib/modules/\(images.release)/kernel/drivers"
    let build = layout.build(kernel)
    var pairs = [("\(drivers)/block/null_blk/null_blk.ko", "\(build)/apus_null.ko")]
    for name in ["zero", "delay", "flakey", "log-writes"] {
      let swift = "\(build)/apus_\(name.replacing("-", with: "_")).ko"
      pairs.append(("\(drivers)/md/dm-\(name).ko", swift))
    }
    pairs.append(("\(build)/peers/apus_peer_zbud.ko", "\(build)/apus_zbud.ko"))
    let files = pairs.flatMap { [$0.0, $0.1] }
    let (status, text) = try await Tool("size", ["--format=berkeley"] + files).output()
    let sizes = text.split(separator: "\n").compactMap(ModuleSizes.parse)
    guard status == .exited(0), sizes.count == files.count else {
      throw Failure("size failed with status \(status.code)")
    }
    return pairs.indices.map { ModuleSizes(c: sizes[2 * $0], swift: sizes[2 * $0 + 1]) }
  }

  private static func firstLine(_ program: String, _ arguments: [String]) async throws -> String {
    let (status, text) = try await Tool(program, arguments).output(errors: .intoOutput)
    guard status == .exited(0), let line = text.split(separator: "\n").first else {
      throw Failure("\(program) failed with status \(status.code)")
    }
    return String(line)
  }

  private static func read(_ path: String) throws -> String {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw Failure("cannot read \(path)")
    }
    return text
  }
}
