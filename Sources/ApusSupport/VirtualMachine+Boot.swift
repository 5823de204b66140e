// SPDX-License-Identifier: GPL-2.0-only
// Boots a virtual machine: prepares the boot's files, runs and watches QEMU, determines the
// outcome.

import Foundation
import Synchronization
import SystemPackage

extension VirtualMachine {
  /// The state of the watch over a running guest.
  private struct Watch: Sendable {
    var secondsToScript: Double?
    var pace = Pace()
    /// The bytes of the script's output so far, and those of it and the console at the last look.
    var heard = 0
    var known = (heard: 0, console: 0)
    var end: BootOutcome.End?
    /// The time at which the guest reported its end or panicked, in seconds since the start. The
    /// guest should disappear soon after.
    var leaving: Double?
    /// Whether the guest was told to log what its processes wait for.
    var isAskedWhereItHangs = false
  }

  /// Boots the machine, runs the work and returns the outcome. Passes the script's output to
  /// `consume` as it arrives. If a script does not begin, the machine is booted once more, and no
  /// more often than that.
  public func boot(in layout: Layout, consume: @escaping @Sendable ([UInt8]) -> Void) async throws
    -> BootOutcome
  {
    let first = try await bootOnce(in: layout, consume: consume)
    guard case .script(let path) = work, let fault = first.bootFault else { return first }
    Terminal.say("\(path) did not begin, the machine is booted once more: \(fault)")
    return try await bootOnce(in: layout, consume: consume)
  }

  private func bootOnce(in layout: Layout, consume: @escaping @Sendable ([UInt8]) -> Void)
    async throws -> BootOutcome
  {
    let images = try await KernelImages.prepare(kernel, in: layout)
    let accelerator =
      countsInstructions ? .tcg : try await Accelerator.find(for: images, in: layout).accelerator
    let index = try await index(for: images, in: layout)
    let directory = try Self.makeDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try makeInitrd(images, index, layout, at: "\(directory)/initrd")

    guard let program = Tool.find("qemu-system-x86_64") else {
      throw Failure("qemu-system-x86_64 is missing: run kbuild/setup")
    }
    let qemu = Tool(program, arguments(images, accelerator, directory))
    let start = ContinuousClock.now
    let box = Box()
    let watch: @Sendable (Int32) -> Bool = { look(at: directory, of: $0, since: start, box) }
    let heard: @Sendable ([UInt8]) -> Void = { bytes in
      box.value.withLock { $0.heard += bytes.count }
      consume(bytes)
    }
    let status: Tool.Status
    switch work {
    case .script:
      status = try await qemu.run(
        errors: .file("\(directory)/qemu.log"), watch: watch, consume: heard)
    case .shell:
      status = try await Terminal.keepingSettings { try await qemu.runOnTerminal(watch: watch) }
    }
    try Interruption.check()
    return outcome(status, directory, start, box.value.withLock { $0 }, accelerator)
  }

  /// Boots a kernel with only its initrd. Returns nil if it came up, or else the reason why not.
  static func probe(_ images: KernelImages, with accelerator: Accelerator, in layout: Layout)
    async throws -> String?
  {
    let machine = VirtualMachine(kernel: images.name, work: .script(path: "/dev/null"))
    let directory = try makeDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var archive = CpioArchive()
    try archive.addCopy(of: "\(layout.root)/vm/init", as: "init", isExecutable: true)
    archive.addFile("apus/config", content: Array("mode=probe\n".utf8))
    try write(images, archive, at: "\(directory)/initrd")
    let start = ContinuousClock.now
    guard let program = Tool.find("qemu-system-x86_64") else {
      throw Failure("qemu-system-x86_64 is missing: run kbuild/setup")
    }
    let status = try await Tool(program, machine.arguments(images, accelerator, directory)).run(
      errors: .file("\(directory)/qemu.log"),
      watch: {
        // A guest makes no progress after a KVM internal error.
        Self.seconds(since: start) - Starvation.seconds(of: $0) < Accelerator.probeSeconds
          && !Self.read("\(directory)/qemu.log").contains("KVM internal error")
      },
      consume: { _ in })
    try Interruption.check()
    if read("\(directory)/console.log").contains("apus: probe: this kernel boots") { return nil }
    let log = read("\(directory)/qemu.log").split(separator: "\n").filter {
      !$0.contains("warning:")
    }
    if let line = log.first { return line.trimmingCharacters(in: .whitespaces) }
    return seconds(since: start) >= Accelerator.probeSeconds
      ? "nothing came within \(Int(Accelerator.probeSeconds)) s"
      : "QEMU ended with status \(status.code)"
  }

  // MARK: - The files of the boot

  private func index(for images: KernelImages, in layout: Layout) async throws -> String? {
    if let modules {
      guard FileManager.default.fileExists(atPath: modules) else {
        throw Failure("there is no directory \(modules)", status: 2)
      }
    }
    return try await images.index(
      of: modules ?? layout.build(kernel), withDropins: usesDropins, in: layout)
  }

  private func makeInitrd(
    _ images: KernelImages, _ index: String?, _ layout: Layout, at path: String
  ) throws {
    var archive = CpioArchive()
    var config = ""
    switch work {
    case .script(let script):
      config += "mode=script\n"
      guard let content = FileManager.default.contents(atPath: script) else {
        throw Failure("cannot read the script \(script)", status: 2)
      }
      archive.addFile("apus/script", content: [UInt8](content), isExecutable: true)
    case .shell:
      let terminal = (ProcessInfo.processInfo.environment["TERM"] ?? "vt100").filter {
        $0.isLetter || $0.isNumber || "-+.".contains($0)
      }
      config += "mode=shell\nterminal=\(terminal)\n"
      if let size = Terminal.size { config += "rows=\(size.rows)\ncolumns=\(size.columns)\n" }
    }
    archive.addFile("apus/config", content: Array(config.utf8))
    try archive.addCopy(of: "\(layout.root)/vm/init", as: "init", isExecutable: true)
    try archive.addCopy(of: "\(layout.root)/vm/guest", as: "apus/guest")
    try archive.addCopy(of: "\(layout.root)/vm/hung", as: "apus/hung")
    archive.addDirectory("apus/files")
    let library = "\(layout.root)/Tests/VM/lib.sh"
    if FileManager.default.fileExists(atPath: library) {
      try archive.addCopy(of: library, as: "apus/files/lib.sh")
    }
    for file in files {
      try archive.addCopy(
        of: file, as: "apus/files/" + URL(fileURLWithPath: file).lastPathComponent)
    }
    if let index {
      try archive.addCopy(of: "\(index)/modules", as: "apus/modules")
      try archive.addCopy(of: "\(index)/index", as: "apus/index")
    }
    try Self.write(images, archive, at: path)
  }

  /// Writes one initrd, because QEMU accepts only one: the kernel's own archive, then this boot's.
  /// The kernel unpacks archives that follow each other.
  private static func write(_ images: KernelImages, _ archive: CpioArchive, at path: String) throws
  {
    guard var bytes = FileManager.default.contents(atPath: "\(images.directory)/initrd") else {
      throw Failure("cannot read \(images.directory)/initrd")
    }
    bytes.append(contentsOf: archive.finished())
    guard FileManager.default.createFile(atPath: path, contents: bytes) else {
      throw Failure("cannot write \(path)")
    }
  }

  /// Makes the directory of a boot, with the pipe that QEMU opens for every script.
  static func makeDirectory() throws -> String {
    let parent =
      ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    var template = Array("\(parent)/apus-vm-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure("cannot make a directory in \(parent)") }
    let directory = String(
      decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard mkfifo("\(directory)/watch", 0o600) == 0 else {
      throw Failure("cannot make a pipe in \(directory)")
    }
    return directory
  }

  // MARK: - The watch

  /// Examines the guest. Returns whether it may continue. The limits count the time that the host
  /// let QEMU run.
  private func look(
    at directory: String, of process: Int32, since start: ContinuousClock.Instant, _ box: Box
  ) -> Bool {
    let elapsed = Self.seconds(since: start)
    let now = elapsed - Starvation.seconds(of: process)
    let report = GuestReport(parsing: Self.read("\(directory)/control"))
    // The cost of reading the console ten times a second is negligible compared to an emulated CPU.
    let tail = Self.read("\(directory)/console.log", tail: 16384)
    let size = Self.size(of: "\(directory)/console.log")
    return box.value.withLock { state in
      if report.bootSeconds != nil, state.secondsToScript == nil {
        state.secondsToScript = elapsed
        state.pace.boot = now
      }
      // What the guest logs when it is asked what it waits for is no progress.
      let console = state.isAskedWhereItHangs ? state.known.console : size
      if (state.heard, console) != state.known {
        state.known = (state.heard, console)
        state.pace.lastSaid = now
      }
      if state.leaving == nil, report.log != nil || tail.contains("Kernel panic - not syncing") {
        state.leaving = now
      }
      let secondsOfLeaving = state.leaving.map { now - $0 } ?? 0
      // This is the kernel's last line: it has shut down every device. Sometimes the emulator then
      // stays.
      if secondsOfLeaving > 10, report.log != nil, tail.contains("reboot: Power down") {
        return false
      }
      if secondsOfLeaving > 30 {
        state.end = .broken(
          report.log == nil ? "the kernel panicked" : "the guest did not power off")
      } else if let limit = exceeded(at: now, state.pace) {
        state.end = limit
      } else if !state.isAskedWhereItHangs, seemsHung(at: now, state.pace) {
        state.isAskedWhereItHangs = true
        // The guest may be too far gone to read it, so the pipe must not block.
        if let pipe = try? FileDescriptor.open(
          FilePath("\(directory)/watch"), .writeOnly, options: .nonBlocking)
        {
          _ = try? pipe.closeAfter { try pipe.writeAll("hung\n".utf8) }
        }
      }
      return state.end == nil
    }
  }

  private func outcome(
    _ status: Tool.Status, _ directory: String, _ start: ContinuousClock.Instant, _ state: Watch,
    _ accelerator: Accelerator
  ) -> BootOutcome {
    let console = Self.read("\(directory)/console.log").replacingOccurrences(of: "\r", with: "")
    let report = GuestReport(parsing: Self.read("\(directory)/control"))
    let end: BootOutcome.End
    if let known = state.end {
      end = known
    } else if let status = report.status, report.log != nil {
      end = .finished(status: status)
    } else if console.contains("Kernel panic - not syncing") {
      end = .broken("the kernel panicked")
    } else {
      let log = Self.read("\(directory)/qemu.log").trimmingCharacters(in: .whitespacesAndNewlines)
      let when = report.bootSeconds == nil ? "before the script started" : "before the script ended"
      end = .broken(
        "the guest went away \(when) (QEMU's status \(status.code))"
          + (log.isEmpty ? "" : ":\n\(log)"))
    }
    return BootOutcome(
      end: end, scan: KernelLogScan(log: report.log, console: console), console: console,
      secondsToScript: state.secondsToScript, seconds: Self.seconds(since: start),
      accelerator: accelerator)
  }

  private static func seconds(since start: ContinuousClock.Instant) -> Double {
    let duration = ContinuousClock.now - start
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }

  /// A file's content as text, or the last `tail` bytes of it; empty if there is no such file.
  private static func read(_ path: String, tail: UInt64? = nil) -> String {
    guard let file = FileHandle(forReadingAtPath: path) else { return "" }
    defer { try? file.close() }
    if let tail, let size = try? file.seekToEnd() {
      try? file.seek(toOffset: size > tail ? size - tail : 0)
    }
    return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
  }

  /// A file's size, or 0 if there is no such file.
  private static func size(of path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// The watch's state. The task that waits for QEMU and the one that examines the guest share it.
  private final class Box: Sendable {
    let value = Mutex(Watch())
  }
}
