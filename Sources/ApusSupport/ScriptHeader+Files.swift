// SPDX-License-Identifier: GPL-2.0-only
// The paths of the files that a script's header names.

import Foundation

extension ScriptHeader {
  /// The paths on the host of the header's files. A file is next to the script or in Tests/VM/lib,
  /// or else its path is relative to the top of the tree.
  public func paths(besides script: String, in layout: Layout) throws -> [String] {
    let folder = URL(fileURLWithPath: script).deletingLastPathComponent().path
    return try files.map { file in
      for candidate in [
        "\(folder)/\(file)", "\(layout.root)/Tests/VM/lib/\(file)", "\(layout.root)/\(file)",
      ]
      where FileManager.default.fileExists(atPath: candidate) {
        return candidate
      }
      throw Failure(
        "\(script): its header names the file \(file), which is neither beside it nor in the tree",
        status: 2)
    }
  }
}
