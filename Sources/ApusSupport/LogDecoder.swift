// SPDX-License-Identifier: GPL-2.0-only
// `apus decode`: a kernel's log with the source lines of the modules' functions in it.

import Foundation

/// Decodes one log. The modules of the tree, with their debug information, are in `build`.
public struct LogDecoder: Sendable {
  let layout: Layout
  /// The directory with the modules, or nil for all directories of `build`.
  let modules: String?

  /// A decoder for the modules in a directory, or for those of the tree.
  public init(layout: Layout, modules: String?) {
    self.layout = layout
    self.modules = modules
  }

  /// A place in a module's function, as the kernel prints it: `symbol+0x12/0x34 [module]`.
  struct Place: Hashable, Sendable {
    let symbol: String
    /// The offset from the function's start, in bytes.
    let offset: UInt64
    /// The bytes from the function's start to the next symbol.
    let size: UInt64
    let module: String
    /// Whether the offset is that of the instruction, and not of the one after a call.
    let isExact: Bool
  }

  /// A module file, and what readelf says about it.
  struct ModuleFile: Sendable {
    let path: String
    /// The functions by name: the section, the offset in it, and the size, in bytes.
    let functions: [String: Function]

    struct Function: Equatable, Sendable {
      let section: String
      let address: UInt64
      let size: UInt64
      /// Whether no other function follows in the section.
      var isLast = false

      /// Whether the kernel may print this function with a size: it counts what follows, up to the
      /// next symbol. That is padding, or anything behind the last function of a section.
      func mayHave(size other: UInt64) -> Bool {
        size <= other && (isLast || other < size + 64)
      }
    }
  }

  /// Returns the log with Swift's names demangled, and below each line with a place in a module the
  /// source lines of that place, the innermost of inlined functions first.
  ///
  /// Throws: `Failure` if a program that it needs is missing.
  public func decode(_ log: String) async throws -> String {
    let lines = KernelLogScan.split(log)
    let names = Set(lines.flatMap(Self.mangledNames))
    let demangled = try await demangle(names.sorted())
    var files: [String: ModuleFile?] = [:]
    var output: [String] = []
    for line in lines {
      output.append(Self.replacing(demangled, in: line))
      for place in Self.places(in: line) {
        if files[place.module] == nil {
          files[place.module] = .some(try await file(of: place.module, in: log))
        }
        guard let file = files[place.module] ?? nil else {
          output.append(
            "        (no \(place.module).ko of this kernel in \(modules ?? "build/*"); build it first)"
          )
          continue
        }
        output += try await sources(of: place, in: file)
      }
    }
    return output.joined(separator: "\n")
  }

  // MARK: - Reading the log

  /// The places in a line.
  static func places(in line: String) -> [Place] {
    let pattern = /([A-Za-z_.$][\w.$]*)\+0x([0-9a-f]+)\/0x([0-9a-f]+) \[(\w+)[^\]]*\]/
    return line.matches(of: pattern).compactMap { match in
      guard let offset = UInt64(match.2, radix: 16), let size = UInt64(match.3, radix: 16) else {
        return nil
      }
      return Place(
        symbol: String(match.1), offset: offset, size: size, module: String(match.4),
        isExact: line.contains("RIP: "))
    }
  }

  /// The names of Swift functions in a line. The build puts a `_` before them.
  static func mangledNames(in line: String) -> [String] {
    line.matches(of: /\b_?\$[es][0-9A-Za-z_]+/).map { String($0.0) }
  }

  /// The line with each of those names replaced.
  static func replacing(_ names: [String: String], in line: String) -> String {
    line.replacing(/\b_?\$[es][0-9A-Za-z_]+/) { names[String($0.0)] ?? String($0.0) }
  }

  private func demangle(_ names: [String]) async throws -> [String: String] {
    guard !names.isEmpty else { return [:] }
    let (status, text) = try await Tool(
      try Self.program("swift-demangle"), ["--compact", "--simplified"] + names
    ).output()
    let results = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard status == .exited(0), results.count >= names.count else {
      throw Failure("swift-demangle failed with status \(status.code)")
    }
    return Dictionary(uniqueKeysWithValues: zip(names, results))
  }

  // MARK: - Reading the modules

  private static func program(_ name: String) throws -> String {
    guard let path = Tool.find(name) else { throw Failure("\(name) is missing: make doctor") }
    return path
  }

  /// The module file of a name whose kernel the log names, or nil.
  private func file(of module: String, in log: String) async throws -> ModuleFile? {
    var folders = [modules].compactMap { $0 }
    if folders.isEmpty {
      let build = "\(layout.root)/build"
      folders = ((try? FileManager.default.contentsOfDirectory(atPath: build)) ?? []).sorted().map {
        "\(build)/\($0)"
      }
    }
    for folder in folders {
      for path in ["\(folder)/\(module).ko", "\(folder)/dropin/\(module).ko"]
      where FileManager.default.fileExists(atPath: path) {
        let (_, magic) = try await Tool(
          try Self.program("modinfo"), ["-F", "vermagic", path]
        ).output()
        guard let release = magic.split(separator: " ").first, log.contains(release) else {
          continue
        }
        let readelf = try Self.program("readelf")
        let (_, sections) = try await Tool(readelf, ["-SW", path]).output()
        let (_, symbols) = try await Tool(readelf, ["-sW", path]).output()
        return ModuleFile(
          path: path, functions: Self.functions(sections: sections, symbols: symbols))
      }
    }
    return nil
  }

  /// The functions in readelf's lists of a file's sections and symbols.
  static func functions(sections: String, symbols: String) -> [String: ModuleFile.Function] {
    var names: [Substring: String] = [:]
    for match in sections.matches(of: /\[ *(\d+)\] (\S+)/) { names[match.1] = String(match.2) }
    var functions: [String: ModuleFile.Function] = [:]
    for line in symbols.split(separator: "\n") {
      // Number, value, size, type, binding, visibility, section, name.
      let words = line.split(separator: " ")
      guard words.count >= 8, words[3] == "FUNC", let section = names[words[6]],
        let address = UInt64(words[1], radix: 16), let size = UInt64(words[2])
      else { continue }
      functions[String(words[7])] = .init(section: section, address: address, size: size)
    }
    for group in Dictionary(grouping: functions, by: \.value.section).values {
      guard let last = group.max(by: { $0.value.address < $1.value.address }) else { continue }
      functions[last.key]?.isLast = true
    }
    return functions
  }

  /// The source lines of a place, or a line that says why there are none.
  private func sources(of place: Place, in file: ModuleFile) async throws -> [String] {
    guard let function = file.functions[place.symbol], function.mayHave(size: place.size) else {
      return ["        (\(shortened(file.path)) is of another build than the log)"]
    }
    // A return address is behind the call; what called is before it.
    let offset = place.isExact || place.offset == 0 ? place.offset : place.offset - 1
    let (status, text) = try await Tool(
      try Self.program("addr2line"),
      [
        "-f", "-i", "-e", file.path, "-j", function.section,
        String(function.address + offset, radix: 16),
      ]
    ).output()
    guard status == .exited(0) else {
      throw Failure("addr2line failed with status \(status.code)")
    }
    let lines = text.split(separator: "\n").map(String.init)
    let functions = stride(from: 0, to: lines.count - 1, by: 2).map { lines[$0] }
    let names = try await demangle(Set(functions.flatMap(Self.mangledNames)).sorted())
    // Code that the compiler made has no line.
    return stride(from: 0, to: lines.count - 1, by: 2).filter { !lines[$0 + 1].contains("?") }.map {
      let name = Self.replacing(names, in: lines[$0])
      return "        \(shortened(lines[$0 + 1])) in \(name)"
    }
  }

  private func shortened(_ path: String) -> String {
    path.hasPrefix(layout.root + "/") ? String(path.dropFirst(layout.root.count + 1)) : path
  }
}
