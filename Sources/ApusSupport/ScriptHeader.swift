// SPDX-License-Identifier: GPL-2.0-only
// What a test script says of its own boot, in comments `# apus: word…` at its head.

/// The settings in a script's header.
public struct ScriptHeader: Equatable, Sendable {
  /// The guest's memory, in MiB.
  public var memory: Int?
  public var cpus: Int?
  /// The longest the whole boot may take, in seconds.
  public var timeout: Int?
  /// Files to put into root's home, relative to the script.
  public var files: [String] = []
  /// The kernels it runs on; empty means all.
  public var kernels: [String] = []
  /// The suites it belongs to; empty means `vm` and `debug`.
  public var suites: [String] = []
  /// Whether the drop-in builds take the place of the kernel's own modules.
  public var usesDropins = false
  /// Whether guest time counts instructions.
  public var countsInstructions = false
  /// Whether `apus run` shows it.
  public var isShown = false
  /// Whether the kernel goes on after an oops, so that the script can look at what is left.
  public var survivesOops = false

  /// Words for the kernel's command line.
  public var kernelWords: [String] = []

  public init() {}

  public init(parsing script: String, named name: String) throws {
    for line in script.split(separator: "\n", omittingEmptySubsequences: false) {
      // The head ends where the comments end.
      guard line.hasPrefix("#") || line.allSatisfy(\.isWhitespace) else { break }
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
    func wrong() -> Failure { Failure("\(name): its header has '\(word)', which means nothing", status: 2) }
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
    case "timeout": timeout = try number()
    case "files": files += try list()
    case "kernels": kernels += try list()
    case "suite": suites += try list()
    case "dropin" where value == nil: usesDropins = true
    case "icount" where value == nil: countsInstructions = true
    case "run" where value == nil: isShown = true
    case "boot": kernelWords += try list()
    case "survive-oops" where value == nil: survivesOops = true
    default: throw wrong()
    }
  }

  /// Whether the script is a part of `suite` on `kernel`.
  public func runs(in suite: String, on kernel: String) -> Bool {
    let belongs = suites.isEmpty ? ["vm", "debug"].contains(suite) : suites.contains(suite)
    // A list of kernels names those that are shipped; the debug kernel is asked for by its suite.
    return belongs
      && (kernels.isEmpty || kernels.contains(kernel) || kernel == KernelList.debugName && suites.contains("debug"))
  }
}
