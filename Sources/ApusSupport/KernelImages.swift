// SPDX-License-Identifier: GPL-2.0-only
// The files a boot takes, made by the scripts in vm/ and kept in the cache.

import Foundation

/// A kernel's images, and the root image.
public struct KernelImages: Sendable {
  /// The kernel's name in `kbuild/kernels`.
  public let name: String
  /// What `uname -r` says in the guest.
  public let release: String
  /// The directory `vm/kernel` made.
  public let directory: String
  /// The image `vm/rootfs` made.
  public let root: String

  /// Makes what is missing, and gives the rest at once.
  public static func prepare(_ name: String, in layout: Layout) async throws -> KernelImages {
    let known = try layout.kernels().names
    guard known.contains(name) || FileManager.default.fileExists(atPath: "\(layout.cache)/kernels/\(name)/release")
    else {
      throw Failure("there is no kernel '\(name)'; kbuild/kernels has \(known.joined(separator: ", "))", status: 2)
    }
    let root = try await path(from: "\(layout.root)/vm/rootfs", [])
    let directory = try await path(from: "\(layout.root)/vm/kernel", [name])
    let release = try String(contentsOfFile: "\(directory)/release", encoding: .utf8)
    return KernelImages(
      name: name, release: release.trimmingCharacters(in: .whitespacesAndNewlines), directory: directory, root: root)
  }

  /// The directory with our modules and depmod's index of all, or nil when `modules` has none.
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
