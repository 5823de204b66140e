// SPDX-License-Identifier: GPL-2.0-only
// The paths of the source tree and of the cache outside it. The shell scripts in kbuild/ compute
// the same cache path.

import Foundation

/// The directories that Apus works in.
public struct Layout: Sendable {
  /// The absolute path of the source tree.
  public let root: String
  /// The absolute path of the cache that `kbuild/debian.sh` names.
  public let cache: String

  /// The paths of a given tree and cache.
  public init(root: String, cache: String) {
    self.root = root
    self.cache = cache
  }

  /// Finds the source tree, starting from `APUS_ROOT`, the current directory, or the directory of
  /// the command.
  public static func find() throws -> Layout {
    let environment = ProcessInfo.processInfo.environment
    let command = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
      .deletingLastPathComponent()
      .path
    for start in [environment["APUS_ROOT"], FileManager.default.currentDirectoryPath, command]
      .compactMap({ $0 })
    {
      var directory = URL(fileURLWithPath: start).standardizedFileURL
      while true {
        if FileManager.default.fileExists(atPath: directory.path + "/kbuild/kernels") {
          return Layout(root: directory.path, cache: cachePath(environment))
        }
        if directory.path == "/" { break }
        directory.deleteLastPathComponent()
      }
    }
    throw Failure(
      "this is not inside the Apus source tree (no kbuild/kernels above here); set APUS_ROOT",
      status: 2)
  }

  static func cachePath(_ environment: [String: String]) -> String {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let own = value("APUS_CACHE") { return own }
    return (value("XDG_CACHE_HOME") ?? (environment["HOME"] ?? "/root") + "/.cache") + "/apus"
  }

  /// The directory into which a kernel's modules are built.
  public func build(_ kernel: String) -> String { "\(root)/build/\(kernel)" }

  /// The kernels in the file `kbuild/kernels`.
  public func kernels() throws -> KernelList {
    guard let text = try? String(contentsOfFile: "\(root)/kbuild/kernels", encoding: .utf8) else {
      throw Failure("cannot read kbuild/kernels")
    }
    return try KernelList(parsing: text)
  }
}
