// SPDX-License-Identifier: GPL-2.0-only
// `apus run`: runs every driver in a virtual machine.

import ApusSupport
import ArgumentParser

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Show every driver at real work in a virtual machine, and a table of what held.")

  @Option(help: "The kernel, a name in kbuild/kernels.") var kernel = "6.12"

  func run() async throws {
    try await Apus.perform { layout in try await Demonstration(kernel: kernel, layout: layout).run()
    }
  }
}
