// SPDX-License-Identifier: GPL-2.0-only
// `apus run`: shows drivers in a virtual machine.

import ApusSupport
import ArgumentParser

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Show drivers at real work in one virtual machine, and a screen of what held.")

  @Option(help: "The kernel, a name in kbuild/kernels.") var kernel = "6.12"
  @Option(help: "The directory with the modules.") var modules: String

  func run() async throws {
    try await Apus.perform { layout in
      try await Demonstration(kernel: kernel, modules: modules, layout: layout).run()
    }
  }
}
