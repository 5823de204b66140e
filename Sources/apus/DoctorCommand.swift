// SPDX-License-Identifier: GPL-2.0-only
// `apus doctor`: reports which requirements of Apus are met, and which are missing.

import ApusSupport
import ArgumentParser

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Say what this machine has of what Apus needs; the status is 0 if all is well.")

  func run() async throws {
    try await Apus.perform { layout in
      var doctor = Doctor(layout: layout)
      return try await doctor.run()
    }
  }
}
