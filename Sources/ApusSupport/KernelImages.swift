// SPDX-License-Identifier: GPL-2.0-only
// The files that a boot requires. The scripts in vm/ make them and keep them in the cache.

import Foundation

/// The images of a kernel, and the root image.
public struct KernelImages: Sendable {
  /// The kernel's name in `kbuild/kernels`.
  public let name: String
  /// The kernel's release, as `uname -r` prints it in the guest.
  public let release: String
  /// The directory that `vm/kernel` made.
  public let directory: String
  /// The image that `vm/rootfs` made.
  public let root: String

  /// Returns the images, and first makes those that are missing.
  public static func prepare(_ name: String, in layout: Layout) async throws -> KernelImages {
    let known = try layout.kernels().names
    guard
      known.contains(name)
        || FileManager.default.fileExists(atPath: "\(layout.cache)/kernels/\(name)/release")
    else {
      throw Failure(
        "there is no kernel '\(name)'; kbuild/kernels has \(known.joined(separator: ", "))",
        status: 2)
    }
    let root = try await path(from: "\(layout.root)/vm/rootfs", [])
    let directory = try await path(from: "\(layout.root)/vm/kernel", [name])
    let release = try String(contentsOfFile: "\(directory)/release", encoding: .utf8)
    return KernelImages(
      name: name, release: release.trimmingCharacters(in: .whitespacesAndNewlines),
      directory: directory, root: root)
  }

  /// The directory with the modules of `modules` and depmod's index of all modules, or nil if
  /// `modules` has none.
  func index(of modules: String, withDropins: Bool, in layout: Layout) async throws -> String? {
    let arguments = [directory, modules] + (withDropins ? ["--dropin"] : [])
    let found = try await Self.path(from: "\(layout.root)/vm/modules", arguments)
    return found.isEmpty ? nil : found
  }

  private static func path(from script: String, _ arguments: [String]) async throws -> String {
    let (status, text) = try await Tool(script, arguments).output()
    try Interruption.check()
    guard status == .exited(0) else { throw Failure("\(script) failed with status \(status.code)") }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
