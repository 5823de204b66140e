// SPDX-License-Identifier: GPL-2.0-only
// The reason why device mapper refuses a line of a table.
// C header: include/linux/device-mapper.h (struct dm_target, error)

public import Kernel

/// The reason why a target cannot be made: the message for the kernel's log, and the error of the
/// ioctl. Device mapper writes "device-mapper: table: 254:0: apus-linear: Invalid device sector
/// (-EINVAL)".
///
/// The message is a literal, because it has to outlive the target.
public struct TargetError: Error, Sendable {
  /// The error of the ioctl that loads the table.
  public let errno: Errno
  /// The message for the kernel's log. The corresponding C field of `struct dm_target` is `error`.
  public let message: StaticCString

  /// Creates an error with a message.
  @inline(__always)
  public init(_ errno: Errno, _ message: StaticCString) {
    self.errno = errno
    self.message = message
  }

  /// An invalid argument: EINVAL.
  @inline(__always)
  public static func invalid(_ message: StaticCString) -> TargetError {
    TargetError(.invalidArgument, message)
  }
}

/// Runs `body`, and adds a message to the errors that it throws.
@inline(__always)
public func explaining<Result: ~Copyable>(
  _ message: StaticCString, _ body: () throws(Errno) -> Result
) throws(TargetError) -> Result {
  do throws(Errno) {
    return try body()
  } catch {
    throw TargetError(error, message)
  }
}
