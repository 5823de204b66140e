// SPDX-License-Identifier: GPL-2.0-only
// A line of `kbuild/check-kernels`: what the cache has of a kernel, and what there is to fetch.

/// What is known about a kernel of the file `kbuild/kernels`.
public struct KernelFinding: Equatable, Sendable {
  /// How the kernel in the cache compares with what the suites have.
  public enum State: String, Sendable {
    /// The cache has none.
    case absent
    /// The cache has the newest one.
    case newest
    /// The suites have a newer one than the cache.
    case newer
    /// The suites have none of the series any more.
    case gone
    /// No suite can be reached.
    case unreachable
  }

  /// The kernel's name.
  public let name: String
  /// The version of the Debian package in the cache, if there is one.
  public let fetched: String?
  /// The newest version of the series that is to be had, if there is one.
  public let newest: String?
  /// How the two compare.
  public let state: State

  /// Parses a line.
  ///
  /// Throws: `Failure` for a line that does not have the four words.
  public init(parsing line: String) throws {
    let words = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard words.count == 4, let state = State(rawValue: words[3]) else {
      throw Failure("kbuild/check-kernels printed a line that is not a finding: \(line)")
    }
    name = words[0]
    fetched = words[1] == "-" ? nil : words[1]
    newest = words[2] == "-" ? nil : words[2]
    self.state = state
  }

  /// What there is to say beside the version that the cache has, or nil.
  public var advice: String? {
    switch state {
    case .newest: nil
    case .absent: "not fetched yet; its first use fetches \(newest ?? "it")"
    case .newer: "\(newest ?? "a newer one") is there; make update KERNEL=\(name) changes to it"
    case .gone where fetched == nil: "not fetched, and no suite has its series any more"
    case .gone: "no suite has its series any more; the one in the cache stays"
    case .unreachable where fetched == nil: "not fetched yet, and no suite can be reached"
    case .unreachable: "no suite can be reached, so whether there is a newer one is not known"
    }
  }
}
