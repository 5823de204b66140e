// SPDX-License-Identifier: GPL-2.0-only
// The settings that a test script has for its boot, in comments `# apus: word…` at its head.

import Foundation

/// The settings in a script's header.
public struct ScriptHeader: Equatable, Sendable {
  /// The guest's memory, in MiB.
  public var memory: Int?
  /// The number of the guest's CPUs.
  public var cpus: Int?
  /// The model of the emulated CPU.
  public var model: String?
  /// The longest time that the whole boot may take, in seconds.
  public var timeout: Int?
  /// The longest silence of the script, in times of what the boot took. It replaces `timeout`.
  public var silence: Int?
  /// Files to copy into root's home, as paths relative to the script or to the top of the tree.
  public var files: [String] = []
  /// The kernels that the script runs on; empty means all.
  public var kernels: [String] = []
  /// The suites that the script belongs to; empty means `vm` and `debug`.
  public var suites: [String] = []
  /// Whether the drop-in builds replace the kernel's own modules.
  public var usesDropins = false
  /// Whether guest time is the count of executed instructions.
  public var countsInstructions = false
  /// Whether the kernel continues after an oops, so that the script can examine the state
  /// afterwards.
  public var survivesOops = false

  /// Additional words for the kernel's command line.
  public var kernelWords: [String] = []

  /// How the script's subject differs between kernels, from a line `# differs: text`. If it is nil,
  /// the main kernel is enough.
  public var difference: String?

  /// A header without settings.
  public init() {}

  /// Parses the head of a script.
  ///
  /// Throws: `Failure` for a word that is none of the settings, or has no valid value.
  public init(parsing script: String, named name: String) throws {
    for line in script.split(separator: "\n", omittingEmptySubsequences: false) {
      // The header ends at the first line that is neither a comment nor blank.
      guard line.hasPrefix("#") || line.allSatisfy(\.isWhitespace) else { break }
      if line.hasPrefix("# differs:") {
        difference = line.dropFirst("# differs:".count).trimmingCharacters(in: .whitespaces)
        if difference == "" {
          throw Failure("\(name): its header does not say what differs", status: 2)
        }
      }
      guard line.hasPrefix("# apus:") else { continue }
      for word in line.dropFirst("# apus:".count).split(whereSeparator: \.isWhitespace) {
        try read(word, name)
      }
    }
  }

  private mutating func read(_ word: Substring, _ name: String) throws {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let key = String(parts[0])
    let value = parts.count == 2 ? String(parts[1]) : nil
    func wrong() -> Failure {
      Failure("\(name): its header has '\(word)', which is not an option", status: 2)
    }
    func number() throws -> Int {
      guard let value, let number = Int(value), number > 0 else { throw wrong() }
      return number
    }
    func list() throws -> [String] {
      guard let value, !value.isEmpty else { throw wrong() }
      return value.split(separator: ",").map(String.init)
    }
    switch key {
    case "memory": memory = try number()
    case "cpus": cpus = try number()
    case "model":
      guard let value, !value.isEmpty else { throw wrong() }
      model = value
    case "timeout": timeout = try number()
    case "silence": silence = try number()
    case "files": files += try list()
    case "kernels": kernels += try list()
    case "suite": suites += try list()
    case "dropin" where value == nil: usesDropins = true
    case "icount" where value == nil: countsInstructions = true
    case "boot": kernelWords += try list()
    case "survive-oops" where value == nil: survivesOops = true
    default: throw wrong()
    }
  }

  /// Whether the script belongs to `suite` on `kernel`.
  public func runs(in suite: String, on kernel: String) -> Bool {
    let belongs = suites.isEmpty ? ["vm", "debug"].contains(suite) : suites.contains(suite)
    // A header's list of kernels names shipped kernels. The debug kernel is selected by the suite
    // `debug`.
    return belongs
      && (kernels.isEmpty || kernels.contains(kernel)
        || kernel == KernelList.debugName && suites.contains("debug"))
  }
}
