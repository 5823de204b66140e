// SPDX-License-Identifier: GPL-2.0-only
// How QEMU runs the guest's instructions, and how Apus finds out which way works.

import Foundation

/// What executes the guest's instructions.
public enum Accelerator: String, Sendable {
  /// QEMU's own translator. It works on every host.
  case tcg
  /// The host's virtualisation. It is many times faster, where it works.
  case kvm

  /// QEMU's options for this accelerator, with the named model of the CPU if it is emulated.
  func options(model: String?) -> [String] {
    switch self {
    case .tcg: ["-accel", "tcg", "-cpu", model ?? "max"]
    case .kvm: ["-accel", "kvm", "-cpu", "host"]
    }
  }

  /// The accelerator to use, and the reason.
  public struct Finding: Sendable {
    /// What executes the guest's instructions.
    public let accelerator: Accelerator
    /// Why, as a text for the user.
    public let reason: String
  }

  /// The longest time that a kernel may take to boot with KVM, in seconds.
  static let probeSeconds = 20.0

  /// Finds the accelerator to use for a kernel.
  ///
  /// Even where `/dev/kvm` exists and answers, a kernel may not boot with it. So the kernel is
  /// booted once, with a time limit. The cache keeps the finding until the host reboots or QEMU's
  /// version changes.
  public static func find(for images: KernelImages, in layout: Layout) async throws -> Finding {
    switch ProcessInfo.processInfo.environment["APUS_ACCEL"] ?? "" {
    case "": break
    case let name:
      guard let own = Accelerator(rawValue: name) else {
        throw Failure("APUS_ACCEL is '\(name)', which is neither tcg nor kvm", status: 2)
      }
      return Finding(accelerator: own, reason: "APUS_ACCEL says so")
    }
    guard access("/dev/kvm", R_OK | W_OK) == 0 else {
      return Finding(accelerator: .tcg, reason: "this user cannot open /dev/kvm")
    }
    let version =
      (try? await Tool("qemu-system-x86_64", ["--version"]).output().text.prefix { $0 != "\n" })
      ?? ""
    let boot =
      (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? ""
    let key = [
      version.trimmingCharacters(in: .whitespaces),
      boot.trimmingCharacters(in: .whitespacesAndNewlines),
      images.release,
    ]
    .joined(separator: "\t")
    let file = "\(layout.cache)/vm/kvm"
    let known = ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(separator: "\n")
      .map(String.init)
    if let line = known.last(where: { $0.hasPrefix(key + "\t") }) {
      let verdict = line.dropFirst(key.count + 1).split(separator: "\t", maxSplits: 1).map(
        String.init)
      if let accelerator = verdict.first.flatMap(Accelerator.init(rawValue:)) {
        return Finding(accelerator: accelerator, reason: verdict.dropFirst().first ?? "")
      }
    }
    Terminal.say("finding out whether KVM boots \(images.release) (at most \(Int(probeSeconds)) s)")
    let failure = try await VirtualMachine.probe(images, with: .kvm, in: layout)
    let finding = Finding(
      accelerator: failure == nil ? .kvm : .tcg,
      reason: failure.map { "KVM did not boot \(images.release): \($0)" }
        ?? "KVM booted \(images.release)")
    Terminal.say("\(finding.reason); using \(finding.accelerator.rawValue)")
    // Findings from before the host's last boot are dropped.
    let kept = known.filter { $0.contains(boot.trimmingCharacters(in: .whitespacesAndNewlines)) }
    let text =
      (kept + [key + "\t" + finding.accelerator.rawValue + "\t" + finding.reason]).joined(
        separator: "\n") + "\n"
    try? text.write(toFile: file, atomically: true, encoding: .utf8)
    return finding
  }
}
