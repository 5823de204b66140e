// SPDX-License-Identifier: GPL-2.0-only
// Writes a driver outside of the source tree, from the files in Templates/.

import Foundation

/// A driver to write: a folder with a source, a Makefile and a test script.
public struct NewDriver: Sendable {
  /// What a driver is for. Each has a folder in `Templates/`.
  public enum Kind: String, CaseIterable, Sendable {
    /// A disk of the block layer.
    case disk
    /// A target of device mapper.
    case target
    /// An allocator for zswap.
    case pool

    /// The largest number of bytes that the name may have.
    var longestName: Int {
      switch self {
      // DISK_NAME_LEN is 32, with the disk's number and the terminating zero.
      case .disk: 30
      // DM_MAX_TYPE_NAME is 16, with the terminating zero.
      case .target: 15
      // The kernel requests the module as `zpool-NAME`, and MODULE_NAME_LEN is 56, with the
      // terminating zero.
      case .pool: 49
      }
    }
  }

  /// The name of the folder, of the module, and of what the driver registers.
  public let name: String
  /// What the driver is for.
  public let kind: Kind
  /// The path of the folder to make.
  public let folder: String
  private let layout: Layout

  /// Plans a driver in the folder `place`/`name`, and writes nothing.
  ///
  /// Throws: `Failure` with a sentence, if there cannot be such a driver or such a folder.
  public init(name: String, kind: String, place: String, in layout: Layout) throws {
    func wrong(_ sentence: String) -> Failure { Failure(sentence, status: 2) }
    guard !name.isEmpty else {
      throw wrong("a name is missing, as in: make new NAME=my_disk KIND=disk")
    }
    let kinds = Kind.allCases.map(\.rawValue)
    guard let kind = Kind(rawValue: kind) else {
      throw wrong(
        kind.isEmpty
          ? "a kind is missing: KIND is \(kinds.joined(separator: ", "))"
          : "there is no kind '\(kind)': KIND is \(kinds.joined(separator: ", "))")
    }
    let letters = "abcdefghijklmnopqrstuvwxyz"
    guard name.allSatisfy({ (letters + "0123456789_").contains($0) }),
      name.first.map(letters.contains) == true
    else {
      throw wrong(
        "'\(name)' cannot be the name of a module: use small letters, digits and '_', with a letter first"
      )
    }
    guard name.utf8.count <= kind.longestName else {
      throw wrong(
        "'\(name)' is too long for a \(kind.rawValue): the kernel has room for \(kind.longestName) characters, and this has \(name.utf8.count)"
      )
    }
    let files = FileManager.default
    guard !files.fileExists(atPath: "\(layout.root)/Drivers/\(name)") else {
      throw wrong("Apus has a driver named '\(name)' of its own: choose another name")
    }
    var isDirectory: ObjCBool = false
    guard files.fileExists(atPath: place, isDirectory: &isDirectory), isDirectory.boolValue else {
      throw wrong(
        "there is no folder \(place) to make '\(name)' in: make it, or name another by AT=")
    }
    let parent = URL(fileURLWithPath: place).resolvingSymlinksInPath().path
    let root = URL(fileURLWithPath: layout.root).resolvingSymlinksInPath().path
    guard parent != root, !parent.hasPrefix(root + "/") else {
      throw wrong("\(parent) is in Apus's own tree: name a folder outside of it by AT=")
    }
    // make and Kbuild would take such paths apart.
    for path in [parent, root]
    where !path.utf8.allSatisfy({
      let character = Character(Unicode.Scalar($0))
      return $0 >= 0x80 || character.isLetter || character.isNumber || "/._-+,@".contains(character)
    }) {
      throw wrong(
        "the path \(path) has a space or another character that make cannot take: use a path without it"
      )
    }
    self.name = name
    self.kind = kind
    self.layout = layout
    folder = parent == "/" ? "/\(name)" : "\(parent)/\(name)"
    guard !files.fileExists(atPath: folder) else {
      throw wrong("there is a \(folder) already: choose another name, or remove it")
    }
  }

  /// The word in the templates that stands for the name.
  static let placeholder = "my_driver"
  /// The line of the template's Makefile that says where this tree is.
  static let treeLine = "APUS ?= ../.."

  /// Writes the folder. If that fails, nothing is left of it.
  public func write() throws {
    let files = FileManager.default
    // The folder appears under its name when it is whole.
    let unfinished = "\(folder).new-\(ProcessInfo.processInfo.processIdentifier)"
    do {
      try files.createDirectory(atPath: unfinished, withIntermediateDirectories: false)
      for source in ["common", kind.rawValue].map({ "\(layout.root)/Templates/\($0)" }) {
        for file in try files.contentsOfDirectory(atPath: source) {
          var text = try String(contentsOfFile: "\(source)/\(file)", encoding: .utf8)
          if file == "Makefile" {
            guard text.contains(Self.treeLine) else {
              throw Failure("\(source)/Makefile has no line '\(Self.treeLine)'")
            }
            text = text.replacingOccurrences(of: Self.treeLine, with: "APUS ?= \(layout.root)")
          }
          let target =
            "\(unfinished)/\(file.replacingOccurrences(of: Self.placeholder, with: name))"
          try text.replacingOccurrences(of: Self.placeholder, with: name)
            .write(toFile: target, atomically: false, encoding: .utf8)
          let permissions =
            try files.attributesOfItem(atPath: "\(source)/\(file)")[.posixPermissions] ?? 0o644
          try files.setAttributes([.posixPermissions: permissions], ofItemAtPath: target)
        }
      }
      try files.moveItem(atPath: unfinished, toPath: folder)
    } catch {
      try? files.removeItem(atPath: unfinished)
      throw error is Failure
        ? error : Failure("cannot write \(folder): \(error.localizedDescription)")
    }
  }
}
