// SPDX-License-Identifier: GPL-2.0-only
// The report that `vm/guest` sends over the control channel.

/// The content of the control channel so far.
public struct GuestReport: Equatable, Sendable {
  /// The guest's uptime when the script started, in seconds.
  public var bootSeconds: Double?
  /// The script's exit status.
  public var status: Int32?
  /// The kernel's log, or nil until all of it has arrived.
  public var log: String?

  /// Parses the content of the control channel, which may be incomplete.
  public init(parsing text: String) {
    var rest = text[...]
    while let end = rest.firstIndex(of: "\n") {
      let line = rest[..<end]
      rest = rest[rest.index(after: end)...]
      if line.hasPrefix("booted ") {
        bootSeconds = Double(line.dropFirst(7))
      } else if line.hasPrefix("exit ") {
        status = Int32(line.dropFirst(5))
      } else if line == "dmesg" {
        if rest == "end\n" || rest.hasSuffix("\nend\n") { log = String(rest.dropLast(4)) }
        return
      }
    }
  }
}
