// SPDX-License-Identifier: GPL-2.0-only
// The entry point of the `apus` command, and its subcommands.

import ApusSupport
import ArgumentParser

@main
struct Apus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apus",
    abstract: "Safe Swift for Linux storage drivers: virtual machines, tests, demonstrations.",
    subcommands: [
      VirtualMachineCommand.self, TestCommand.self, BenchCommand.self, RunCommand.self,
      NewCommand.self, DecodeCommand.self,
      DoctorCommand.self,
    ])

  /// Runs a command's work. Prints the message of a failure and exits with its status.
  static func perform(_ work: (Layout) async throws -> Int32) async throws {
    Interruption.watch()
    let status: Int32
    do {
      status = try await work(try Layout.find())
    } catch let failure as Failure {
      Terminal.say(failure.description)
      throw ExitCode(failure.status)
    }
    if status != 0 { throw ExitCode(status) }
  }
}
