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

  private typealias Pace = VirtualMachine.Pace

  @Test("a guest logs what it waits for shortly before its limit")
  func hang() {
    #expect(!machine(timeout: 180).seemsHung(at: 165, Pace(boot: 5)))
    #expect(machine(timeout: 180).seemsHung(at: 165.1, Pace(boot: 5)))
  }

  @Test("a short limit leaves no time for that", arguments: [1.0, 12, 30])
  func short(timeout: Double) {
    #expect(!machine(timeout: timeout).seemsHung(at: timeout, Pace(boot: 5)))
  }

  @Test("a shell is not hung, and has no limit but that of its boot")
  func shell() {
    var machine = machine(timeout: 180)
    machine.work = .shell
    #expect(!machine.seemsHung(at: 1000, Pace(boot: 5)))
    #expect(machine.exceeded(at: 1000, Pace(boot: 5)) == nil)
    #expect(machine.exceeded(at: 601, Pace(lastSaid: 590)) == .neverBooted(seconds: 600))
  }

  @Test("a script has a limit, and its boot has one")
  func limits() {
    let machine = machine(timeout: 700)
    #expect(machine.exceeded(at: 600, Pace(lastSaid: 590)) == nil)
    #expect(machine.exceeded(at: 601, Pace(lastSaid: 590)) == .neverBooted(seconds: 600))
    #expect(machine.exceeded(at: 601, Pace(boot: 10, lastSaid: 20)) == nil)
    #expect(machine.exceeded(at: 701, Pace(boot: 10, lastSaid: 700)) == .timedOut(seconds: 700))
  }

  @Test("a guest that says nothing while it boots stands still")
  func silentBoot() {
    var machine = machine(timeout: 700)
    #expect(machine.exceeded(at: 240, Pace()) == nil)
    #expect(machine.exceeded(at: 241, Pace()) == .stuckInBoot(seconds: 240))
    #expect(machine.exceeded(at: 500, Pace(lastSaid: 261)) == nil)
    #expect(machine.exceeded(at: 502, Pace(lastSaid: 261)) == .stuckInBoot(seconds: 240))
    #expect(machine.exceeded(at: 502, Pace(boot: 10, lastSaid: 261)) == nil)
    machine.work = .shell
    #expect(machine.exceeded(at: 241, Pace()) == .stuckInBoot(seconds: 240))
  }

  @Test("a boot that never reached the script has a fault of its own")
  func stuckBoots() {
    func outcome(_ end: BootOutcome.End, secondsToScript: Double? = nil) -> BootOutcome {
      BootOutcome(
        end: end, scan: KernelLogScan(log: nil, console: ""), console: "",
        secondsToScript: secondsToScript, seconds: 700, accelerator: .tcg)
    }
    let stuck = outcome(.stuckInBoot(seconds: 240))
    #expect(stuck.bootFault == "the guest's boot stood still for 240 s")
    #expect(stuck.status == BootOutcome.timeoutStatus)
    #expect(
      stuck.complaint?.hasPrefix(
        "the script did not start, and the console said nothing for 240 s\n") == true)
    let late = outcome(.neverBooted(seconds: 600))
    #expect(late.bootFault == "the guest did not boot within 600 s")
    #expect(outcome(.broken("the kernel panicked")).bootFault == "the kernel panicked")
    #expect(outcome(.broken("the kernel panicked"), secondsToScript: 9).bootFault == nil)
    // A script's own limit may be shorter.
    #expect(outcome(.timedOut(seconds: 100)).bootFault == "the guest did not boot within 100 s")
    #expect(outcome(.timedOut(seconds: 600), secondsToScript: 9).bootFault == nil)
    #expect(outcome(.silent(seconds: 600), secondsToScript: 9).bootFault == nil)
  }

  @Test("with a limit of silence only silence ends a script, and a slow machine has more of it")
  func silence() {
    var machine = machine(timeout: 20)
    machine.silence = 30
    #expect(machine.exceeded(at: 9000, Pace(boot: 10, lastSaid: 8999)) == nil)
    #expect(machine.exceeded(at: 600, Pace(boot: 10, lastSaid: 300)) == nil)
    #expect(machine.exceeded(at: 601, Pace(boot: 10, lastSaid: 300)) == .silent(seconds: 300))
    #expect(machine.exceeded(at: 601, Pace(boot: 100, lastSaid: 300)) == nil)
    // A fast machine has a minute at least.
    #expect(machine.exceeded(at: 100, Pace(boot: 1, lastSaid: 40)) == nil)
    #expect(machine.exceeded(at: 101, Pace(boot: 1, lastSaid: 40)) == .silent(seconds: 60))
    #expect(machine.exceeded(at: 599, Pace(lastSaid: 590)) == nil)
    #expect(machine.exceeded(at: 601, Pace(lastSaid: 590)) == .neverBooted(seconds: 600))
    #expect(!machine.seemsHung(at: 585, Pace(boot: 10, lastSaid: 300)))
    #expect(machine.seemsHung(at: 586, Pace(boot: 10, lastSaid: 300)))
  }
}
