// SPDX-License-Identifier: GPL-2.0-only
// The file `kbuild/kernels`: one line for each kernel, which begins with its name.

/// The kernels that Apus builds for and is tested on, in the file's order: the main kernel first.
public struct KernelList: Equatable, Sendable {
  /// The name of the kernel that is built with the kernel's own checkers enabled.
  public static let debugName = "debug"

  /// The names of all kernels.
  public let names: [String]

  /// Parses the file.
  ///
  /// Throws: `Failure` for a kernel without a series or a place to look for it, a name that occurs
  /// twice, and an empty list.
  public init(parsing text: String) throws {
    var names: [String] = []
    for line in text.split(separator: "\n") {
      let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
      guard let name = words.first.map(String.init) else { continue }
      guard words.count >= 3 else {
        throw Failure("kbuild/kernels: kernel \(name) needs a series and a place to look for it")
      }
      guard !names.contains(name) else {
        throw Failure("kbuild/kernels: kernel \(name) is listed twice")
      }
      names.append(name)
    }
    guard !names.isEmpty else { throw Failure("kbuild/kernels names no kernel") }
    self.names = names
  }

  /// The names of the kernels that a distribution ships.
  public var stock: [String] { names.filter { $0 != Self.debugName } }

  /// Whether the list has the debug kernel.
  public var hasDebug: Bool { names.contains(Self.debugName) }
}
