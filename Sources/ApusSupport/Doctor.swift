// SPDX-License-Identifier: GPL-2.0-only
// `apus doctor`: reports which requirements of Apus are met, and which are missing.

import Foundation

/// One inspection of the machine. It downloads no package, only the lists of packages. What the
/// cache has not, because it was never asked for, is not missing.
public struct Doctor: Sendable {
  let layout: Layout
  private var isWell = true

  /// An inspection of what `layout` has.
  public init(layout: Layout) { self.layout = layout }

  /// Prints the findings. Returns 0 if nothing is missing.
  public mutating func run() async throws -> Int32 {
    let (setup, text) = try await Tool("\(layout.root)/kbuild/setup", ["--check"]).output(
      errors: .intoOutput)
    note(
      setup == .exited(0), "packages",
      setup == .exited(0)
        ? "all are installed" : text.trimmingCharacters(in: .whitespacesAndNewlines))
    for program in [
      "qemu-system-x86_64", "busybox", "mkfs.ext4", "cpio", "depmod", "modprobe", "xz", "make",
      "gcc", "objcopy",
      "dpkg-deb", "flock",
    ] {
      let path = Tool.find(program)
      note(path != nil, program, path ?? "not found; run kbuild/setup")
    }
    await lookAtSwift()
    let (_, kernels) = try await Tool("\(layout.root)/kbuild/check-kernels").output()
    try Interruption.check()
    for line in kernels.split(separator: "\n") {
      let kernel = try KernelFinding(parsing: String(line))
      let release = read("\(layout.cache)/kernels/\(kernel.name)/release")
      if let release { note(true, "kernel \(kernel.name)", "\(release) (\(kernel.fetched ?? ""))") }
      if let advice = kernel.advice { tell("kernel \(kernel.name)", advice) }
      guard release != nil else { continue }
      tell(
        "images of \(kernel.name)",
        entries("kernel-\(kernel.name)-").last ?? "not made yet; the first boot makes them")
      let modules =
        ((try? FileManager.default.contentsOfDirectory(atPath: layout.build(kernel.name))) ?? [])
        .filter { $0.hasSuffix(".ko") }
      tell(
        "modules for \(kernel.name)",
        modules.isEmpty
          ? "none built yet (make modules KERNEL=\(kernel.name))"
          : "\(modules.count) in build/\(kernel.name)"
      )
    }
    tell("root image", entries("rootfs-").last ?? "not made yet; the first boot makes it")
    let findings = (read("\(layout.cache)/vm/kvm") ?? "").split(separator: "\n").compactMap {
      $0.split(separator: "\t").last
    }
    if access("/dev/kvm", R_OK | W_OK) != 0 {
      tell("KVM", "this user cannot open /dev/kvm; QEMU emulates")
    } else if findings.isEmpty {
      tell("KVM", "there is a /dev/kvm; the first boot finds out whether it works")
    }
    for finding in findings { tell("KVM", String(finding)) }
    let free =
      (try? FileManager.default.attributesOfFileSystem(forPath: layout.root)[.systemFreeSize]
        as? Int64) ?? nil
    if let free { note(free > 4 << 30, "disk", "\(free >> 30) GiB free") }
    return isWell ? 0 : 1
  }

  private mutating func lookAtSwift() async {
    let output = try? await Tool("swift", ["--version"]).output(errors: .intoOutput).text
    let line = output?.split(separator: "\n").first { $0.contains("Swift version") }.map(
      String.init)
    let version = line?.firstRange(of: "Swift version ").flatMap {
      line?[$0.upperBound...].prefix { $0.isNumber || $0 == "." }
    }
    let numbers = (version ?? "").split(separator: ".").compactMap { Int($0) }
    let isNew = numbers.count >= 2 && (numbers[0], numbers[1]) >= (6, 3)
    note(
      isNew, "swift",
      (version.map(String.init) ?? "not found") + (isNew ? "" : "; Apus needs 6.3 or later"))
  }

  private mutating func note(_ isThere: Bool, _ name: String, _ text: String) {
    if !isThere { isWell = false }
    Terminal.line("\(isThere ? "ok     " : "MISSING") \(name): \(text)")
  }

  /// Prints a finding that does not affect the status.
  private func tell(_ name: String, _ text: String) { Terminal.line("        \(name): \(text)") }

  private func read(_ path: String) -> String? {
    (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(
      in: .whitespacesAndNewlines)
  }

  private func entries(_ prefix: String) -> [String] {
    let folder = "\(layout.cache)/vm"
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
      $0.hasPrefix(prefix)
    }
    return names.sorted().map { "\(folder)/\($0)" }
  }
}
