// SPDX-License-Identifier: GPL-2.0-only
// A writer of cpio archives in the "newc" format, from which the kernel unpacks an initrd.

import Foundation

/// An archive in memory.
///
/// Every entry belongs to root and has no time, so equal content gives equal bytes.
public struct CpioArchive: Sendable {
  private var bytes: [UInt8] = []
  private var inode = 1
  private var directories: Set<String> = []

  /// An archive without entries.
  public init() {}

  /// Adds a directory and its parents. `path` is relative.
  public mutating func addDirectory(_ path: String) {
    guard !path.isEmpty, !directories.contains(path) else { return }
    addDirectory(String(path.split(separator: "/").dropLast().joined(separator: "/")))
    directories.insert(path)
    add(path, mode: 0o040755, content: [])
  }

  /// Adds a regular file and its parent directories.
  public mutating func addFile(_ path: String, content: [UInt8], isExecutable: Bool = false) {
    addDirectory(String(path.split(separator: "/").dropLast().joined(separator: "/")))
    add(path, mode: isExecutable ? 0o100755 : 0o100644, content: content)
  }

  /// Adds a file of the host, or a directory with its whole content, under the name `path`.
  public mutating func addCopy(of source: String, as path: String, isExecutable: Bool = false)
    throws
  {
    let manager = FileManager.default
    var isDirectory: ObjCBool = false
    guard manager.fileExists(atPath: source, isDirectory: &isDirectory) else {
      throw Failure("there is no file \(source)", status: 2)
    }
    if isDirectory.boolValue {
      addDirectory(path)
      for name in try manager.contentsOfDirectory(atPath: source).sorted() {
        try addCopy(of: "\(source)/\(name)", as: "\(path)/\(name)")
      }
    } else {
      guard let content = manager.contents(atPath: source) else {
        throw Failure("cannot read \(source)", status: 2)
      }
      addFile(
        path, content: [UInt8](content),
        isExecutable: isExecutable || manager.isExecutableFile(atPath: source))
    }
  }

  /// The archive with its trailer.
  public func finished() -> [UInt8] {
    var copy = self
    copy.add("TRAILER!!!", mode: 0, content: [])
    return copy.bytes
  }

  private mutating func add(_ path: String, mode: Int, content: [UInt8]) {
    func field(_ value: Int) -> String {
      let digits = String(value, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }
    let name = Array(path.utf8) + [0]
    // The fields after the magic: inode, mode, user, group, links, time, size, device (4 fields),
    // length of the name, checksum.
    let fields = [inode, mode, 0, 0, 1, 0, content.count, 0, 0, 0, 0, name.count, 0]
    bytes += Array("070701".utf8) + fields.flatMap { Array(field($0).utf8) }
    bytes += name
    pad()
    bytes += content
    pad()
    inode += 1
  }

  private mutating func pad() {
    while bytes.count % 4 != 0 { bytes.append(0) }
  }
}
