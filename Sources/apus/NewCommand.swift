// SPDX-License-Identifier: GPL-2.0-only
// `apus new`: writes a driver outside of the source tree.

import ApusSupport
import ArgumentParser

struct NewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Write a driver of your own, with its Makefile and its test.")

  @Option(help: "The name of the folder and of the module.") var name = ""
  @Option(help: "What to write: disk, target or pool.") var kind = ""
  @Option(help: "The folder to make the driver's folder in.") var at = "."

  func run() async throws {
    try await Apus.perform { layout in
      let driver = try NewDriver(name: name, kind: kind, place: at, in: layout)
      try driver.write()
      Terminal.line("\(driver.folder): \(name).swift is the driver, test.sh its test")
      Terminal.line("Next:  cd \(driver.folder) && make vm")
      return 0
    }
  }
}
