// SPDX-License-Identifier: GPL-2.0-only
// `apus vm`: boots one virtual machine, with a script or an interactive shell.

import ApusSupport
import ArgumentParser
import Foundation

struct VirtualMachineCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vm",
    abstract: "Boot a virtual machine with the modules installed, and run a script in it.",
    discussion: """
      The script's output is passed through and its status is the command's. The status is 124 when it did not end in time, \
      and 125 when the kernel broke or complained, whatever the script said.
      """)

  @Option(help: "The kernel, a name in kbuild/kernels.") var kernel = "6.12"
  @Option(help: "The script, run as root with bash in /root.") var script: String?
  @Option(
    name: .customLong("file"), help: "A file or directory to copy into /root; may be repeated.")
  var files: [String] = []
  @Flag(help: "Install the drop-in builds in place of the kernel's own modules.") var dropin = false
  @Flag(help: "Make a guest nanosecond one guest instruction (one CPU, always emulated).")
  var icount = false
  @Option(help: "The number of CPUs.") var cpus: Int?
  @Option(help: "The memory in MiB.") var memory: Int?
  @Option(help: "The longest the script may take with the boot, in seconds.") var timeout: Int?
  @Flag(help: "Give a shell on this terminal instead of running a script.") var interactive = false
  @Flag(help: "Let the kernel go on after an oops.") var surviveOops = false
  @Option(help: "The directory with the modules (default: build/<kernel>).") var modules: String?
  @Option(help: "A file that gets the script's output as well.") var output: String?
  @Option(help: "A file that gets the console's log.") var console: String?
  @Flag(help: "Say on standard error how long it took.") var times = false
  @Flag(
    help: "Count the lines 'ok - …' and 'not ok - …'; the status is 1 if one is not ok, or none is."
  )
  var countResults = false

  func validate() throws {
    if interactive == (script != nil) {
      throw ValidationError("give either --script FILE or --interactive")
    }
    if interactive, countResults { throw ValidationError("--count-results takes a --script") }
    for number in [cpus, memory, timeout].compactMap({ $0 }) where number < 1 {
      throw ValidationError("--cpus, --memory and --timeout take numbers from 1 up")
    }
  }

  func run() async throws {
    try await Apus.perform { layout in
      var machine = VirtualMachine(kernel: kernel, work: script.map { .script(path: $0) } ?? .shell)
      machine.files = files
      machine.modules = modules
      if let script, let text = try? String(contentsOfFile: script, encoding: .utf8) {
        // A test script's header has settings for the boot. The command's options override them.
        let header = try ScriptHeader(parsing: text, named: script)
        machine.apply(header)
        machine.files += try header.paths(besides: script, in: layout)
      }
      machine.usesDropins = machine.usesDropins || dropin
      machine.countsInstructions = machine.countsInstructions || icount
      machine.survivesOops = machine.survivesOops || surviveOops
      machine.cpus = cpus ?? machine.cpus
      machine.memory = memory ?? machine.memory
      machine.timeout = timeout.map(Double.init) ?? machine.timeout

      let copy = Bytes()
      let keepsCopy = output != nil || countResults
      let outcome = try await machine.boot(in: layout) { bytes in
        Terminal.write(bytes)
        if keepsCopy { copy.append(bytes) }
      }
      if let output { try Data(copy.content).write(to: URL(fileURLWithPath: output)) }
      if let console { try Data(outcome.console.utf8).write(to: URL(fileURLWithPath: console)) }
      if let complaint = outcome.complaint { Terminal.say(complaint) }
      if times {
        let script =
          outcome.secondsToScript.map { String(format: "%.1f s to the script", $0) }
          ?? "the script never started"
        Terminal.say(
          "\(script), \(String(format: "%.1f s", outcome.seconds)) in all, \(outcome.accelerator.rawValue)"
        )
      }
      guard countResults else { return outcome.status }
      let results = TestLineParser.parse(copy.text)
      let failed = results.filter { $0.verdict == .failed }.count
      let passed = results.filter { $0.verdict == .passed }.count
      Terminal.line("\(passed) passed, \(failed) failed")
      return outcome.status != 0 ? outcome.status : failed == 0 && passed > 0 ? 0 : 1
    }
  }
}
