// SPDX-License-Identifier: GPL-2.0-only
// Where the files are that a script's header names.

import Foundation

extension ScriptHeader {
  /// The header's files as paths of the host: beside the script, or else from the top of the tree.
  public func paths(besides script: String, in layout: Layout) throws -> [String] {
    let folder = URL(fileURLWithPath: script).deletingLastPathComponent().path
    return try files.map { file in
      for candidate in ["\(folder)/\(file)", "\(layout.root)/\(file)"]
      where FileManager.default.fileExists(atPath: candidate) {
        return candidate
      }
      throw Failure(
        "\(script): its header names the file \(file), which is neither beside it nor in the tree", status: 2)
    }
  }
}
