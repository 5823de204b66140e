// SPDX-License-Identifier: GPL-2.0-only
// Tests of what a boot prepares, and of its time limits.

import Foundation
import Testing

@testable import ApusSupport

@Suite struct VirtualMachineTests {
  private func machine(timeout: Double) -> VirtualMachine {
    var machine = VirtualMachine(kernel: "6.12", work: .script(path: "/dev/null"))
    machine.timeout = timeout
    return machine
  }

  @Test("every file that QEMU opens for reading is in the directory of a boot")
  func pipe() throws {
    let directory = try VirtualMachine.makeDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var status = stat()
    #expect(stat("\(directory)/watch", &status) == 0)
    #expect(status.st_mode & S_IFMT == S_IFIFO)
  }

  @Test("a guest logs what it waits for shortly before its limit")
  func hang() {
    #expect(!machine(timeout: 180).seemsHung(at: 165))
    #expect(machine(timeout: 180).seemsHung(at: 165.1))
  }

  @Test("a short limit leaves no time for that", arguments: [1.0, 12, 30])
  func short(timeout: Double) { #expect(!machine(timeout: timeout).seemsHung(at: timeout)) }

  @Test("a shell is not hung")
  func shell() {
    var machine = machine(timeout: 180)
    machine.work = .shell
    #expect(!machine.seemsHung(at: 1000))
  }
}
