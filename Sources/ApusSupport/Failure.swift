// SPDX-License-Identifier: GPL-2.0-only
// An error that ends the command: the message for the user, and the exit status.

/// An error after which a command cannot continue.
public struct Failure: Error, CustomStringConvertible, Sendable {
  /// The message for the user.
  public let description: String
  /// The exit status of the command.
  public let status: Int32

  /// An error with a message. The exit status is 1 unless the caller says otherwise.
  public init(_ description: String, status: Int32 = 1) {
    self.description = description
    self.status = status
  }
}
