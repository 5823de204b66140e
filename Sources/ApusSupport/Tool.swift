// SPDX-License-Identifier: GPL-2.0-only
// Running other programs: their output as it comes, an end when a signal or the one who waits says so.

import Foundation
import Subprocess
import SystemPackage

/// A program of the host, and how it is run.
public struct Tool: Sendable {
  /// A name looked up in PATH, or a path.
  public var program: String
  public var arguments: [String]
  /// What the environment has besides the command's own.
  public var environment: [String: String] = [:]
  public var directory: String?

  public init(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil
  ) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
  }

  /// How a program ended.
  public enum Status: Equatable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)

    /// The status as a shell gives it.
    public var code: Int32 {
      switch self {
      case .exited(let code): code
      case .killed(let signal): 128 + signal
      }
    }
  }

  /// Where the error stream goes.
  public enum ErrorStream: Sendable {
    /// To the command's own.
    case inherited
    /// Into the output, in order.
    case intoOutput
    /// Into a file.
    case file(String)
  }

  /// Runs the program with no input, and hands its output to `consume` as it comes.
  ///
  /// `watch` is asked ten times a second whether the program should go on; when it says no, or a signal asked this command
  /// to end, the program is ended: with SIGTERM, and two seconds later with SIGKILL.
  public func run(
    errors: ErrorStream = .inherited,
    watch: @escaping @Sendable () -> Bool = { true },
    consume: @escaping @Sendable ([UInt8]) -> Void
  ) async throws -> Status {
    switch errors {
    case .inherited:
      return try await run(error: .currentStandardError, watch, consume)
    case .intoOutput:
      return try await run(error: .combinedWithOutput, watch, consume)
    case .file(let path):
      let file = try FileDescriptor.open(
        FilePath(path), .writeOnly, options: [.create, .truncate],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
      return try await run(error: .fileDescriptor(file, closeAfterSpawningProcess: true), watch, consume)
    }
  }

  private func run<Errors: ErrorOutputProtocol>(
    error: Errors, _ watch: @escaping @Sendable () -> Bool, _ consume: @escaping @Sendable ([UInt8]) -> Void
  ) async throws -> Status {
    let result = try await Subprocess.run(
      configuration, input: .none, output: .sequence, error: error
    ) { execution in
      let watcher = Task { await Self.watch(execution.processIdentifier, watch) }
      defer { watcher.cancel() }
      for try await buffer in execution.standardOutput {
        consume(buffer.withUnsafeBytes { [UInt8]($0) })
      }
    }
    return Self.status(result.terminationStatus)
  }

  /// Runs the program on the command's own terminal.
  public func runOnTerminal(watch: @escaping @Sendable () -> Bool = { true }) async throws -> Status {
    let result = try await Subprocess.run(
      configuration, input: .currentStandardInput, output: .currentStandardOutput, error: .currentStandardError
    ) { execution in
      // The body's end does not end the program; the watcher goes as soon as there is none to watch.
      let identifier = execution.processIdentifier
      while !Task.isCancelled, kill(identifier.value, 0) == 0, !Self.isZombie(identifier.value) {
        if Interruption.signal != nil || !watch() {
          await Self.end(identifier)
          break
        }
        try? await Task.sleep(for: .milliseconds(100))
      }
    }
    return Self.status(result.terminationStatus)
  }

  /// Runs the program and gives what it printed; its errors go to the command's own.
  public func output(errors: ErrorStream = .inherited) async throws -> (status: Status, text: String) {
    let bytes = Bytes()
    let status = try await run(errors: errors) { bytes.append($0) }
    return (status, bytes.text)
  }

  private var configuration: Configuration {
    var updates: [Environment.Key: String?] = [:]
    for (name, value) in environment {
      if let key = Environment.Key(rawValue: name) { updates[key] = value }
    }
    return Configuration(
      executable: program.contains("/") ? .path(FilePath(program)) : .name(program),
      arguments: Arguments(arguments),
      environment: .inherit.updating(updates),
      workingDirectory: directory.map { FilePath($0) })
  }

  private static func watch(_ process: ProcessIdentifier, _ watch: @Sendable () -> Bool) async {
    while !Task.isCancelled {
      if Interruption.signal != nil || !watch() {
        await end(process)
        return
      }
      try? await Task.sleep(for: .milliseconds(100))
    }
  }

  private static func end(_ process: ProcessIdentifier) async {
    kill(process.value, SIGTERM)
    for _ in 0..<20 {
      try? await Task.sleep(for: .milliseconds(100))
      if Task.isCancelled || kill(process.value, 0) != 0 || isZombie(process.value) { return }
    }
    kill(process.value, SIGKILL)
  }

  private static func isZombie(_ process: pid_t) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return true }
    guard let end = text.lastIndex(of: ")") else { return true }
    return text[end...].dropFirst(2).first == "Z"
  }

  private static func status(_ status: TerminationStatus) -> Status {
    switch status {
    case .exited(let code): .exited(code)
    case .signaled(let signal): .killed(signal: signal)
    }
  }

  /// The path of a program in PATH or in the system directories that a user's PATH leaves out.
  public static func find(_ program: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    for directory in path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"] {
      let candidate = "\(directory)/\(program)"
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
    }
    return nil
  }
}
