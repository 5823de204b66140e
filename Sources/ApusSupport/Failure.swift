// SPDX-License-Identifier: GPL-2.0-only
// An error that ends the command: what to tell the person, and the status to exit with.

/// Something that a command cannot go on from.
public struct Failure: Error, CustomStringConvertible, Sendable {
  public let description: String
  /// The exit status that goes with it.
  public let status: Int32

  public init(_ description: String, status: Int32 = 1) {
    self.description = description
    self.status = status
  }
}
