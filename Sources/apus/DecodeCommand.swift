// SPDX-License-Identifier: GPL-2.0-only
// `apus decode`: prints a kernel's log with source lines.

import ApusSupport
import ArgumentParser
import Foundation

struct DecodeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Print a kernel's log with the files and lines of the modules' functions in it.")

  @Option(help: "The directory with the modules (default: those of build/ for the log's kernel).")
  var modules: String?
  @Argument(help: "The log, or - for standard input.") var log: String

  func run() async throws {
    try await Apus.perform { layout in
      let content =
        log == "-"
        ? FileHandle.standardInput.readDataToEndOfFile()
        : FileManager.default.contents(atPath: log)
      guard let content else { throw Failure("cannot read the log \(log)", status: 2) }
      let decoder = LogDecoder(layout: layout, modules: modules)
      Terminal.line(try await decoder.decode(String(decoding: content, as: UTF8.self)))
      return 0
    }
  }
}
