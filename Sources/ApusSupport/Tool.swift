// SPDX-License-Identifier: GPL-2.0-only
// Runs other programs: delivers their output as it arrives, and ends them on a signal or at the
// caller's request.

import Foundation
import Subprocess
import SystemPackage

/// A program of the host, and how to run it.
public struct Tool: Sendable {
  /// A name that is looked up in PATH, or a path.
  public var program: String
  /// The arguments, without the program's name.
  public var arguments: [String]
  /// Variables to add to the environment that the program inherits.
  public var environment: [String: String] = [:]
  /// The directory to run in, or nil for the current one.
  public var directory: String?

  /// A program with arguments, which does not run yet.
  public init(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:],
    directory: String? = nil
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

    /// The status that a shell reports.
    public var code: Int32 {
      switch self {
      case .exited(let code): code
      case .killed(let signal): 128 + signal
      }
    }
  }

  /// The destination of the error stream.
  public enum ErrorStream: Sendable {
    /// The command's own error stream.
    case inherited
    /// The program's output, in order.
    case intoOutput
    /// A file.
    case file(String)
  }

  /// Runs the program without input, and passes its output to `consume` as it arrives.
  ///
  /// `watch` is called ten times a second with the program's process identifier, and returns
  /// whether the program may continue. If it returns false, or a signal requested the end of this
  /// command, the program gets SIGTERM, and SIGKILL two seconds later.
  public func run(
    errors: ErrorStream = .inherited,
    watch: @escaping @Sendable (Int32) -> Bool = { _ in true },
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
      return try await run(
        error: .fileDescriptor(file, closeAfterSpawningProcess: true), watch, consume)
    }
  }

  private func run<Errors: ErrorOutputProtocol>(
    error: Errors, _ watch: @escaping @Sendable (Int32) -> Bool,
    _ consume: @escaping @Sendable ([UInt8]) -> Void
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
  public func runOnTerminal(
    watch: @escaping @Sendable (Int32) -> Bool = { _ in true }
  ) async throws -> Status {
    let result = try await Subprocess.run(
      configuration, input: .currentStandardInput, output: .currentStandardOutput,
      error: .currentStandardError
    ) { execution in
      // The program may outlive this closure, so the loop waits for its end.
      let identifier = execution.processIdentifier
      while !Task.isCancelled, kill(identifier.value, 0) == 0, !Self.isZombie(identifier.value) {
        if Interruption.signal != nil || !watch(identifier.value) {
          await Self.end(identifier)
          break
        }
        try? await Task.sleep(for: .milliseconds(100))
      }
    }
    return Self.status(result.terminationStatus)
  }

  /// Runs the program and returns what it printed. Its errors go to `errors`, by default the
  /// command's own error stream.
  public func output(errors: ErrorStream = .inherited) async throws -> (
    status: Status, text: String
  ) {
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

  private static func watch(_ process: ProcessIdentifier, _ watch: @Sendable (Int32) -> Bool) async
  {
    while !Task.isCancelled {
      if Interruption.signal != nil || !watch(process.value) {
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
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else {
      return true
    }
    guard let end = text.lastIndex(of: ")") else { return true }
    return text[end...].dropFirst(2).first == "Z"
  }

  private static func status(_ status: TerminationStatus) -> Status {
    switch status {
    case .exited(let code): .exited(code)
    case .signaled(let signal): .killed(signal: signal)
    }
  }

  /// The path of a program in PATH, or in the system directories that a user's PATH may lack.
  public static func find(_ program: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    for directory in path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"] {
      let candidate = "\(directory)/\(program)"
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
    }
    return nil
  }
}
