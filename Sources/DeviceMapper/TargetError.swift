// SPDX-License-Identifier: GPL-2.0-only
// Why a line of a table is refused.
// C header: include/linux/device-mapper.h (struct dm_target, error)

public import Kernel

/// Why a target cannot be made: what the user reads in the kernel's log, and the error that the ioctl answers with. Device mapper
/// writes "device-mapper: table: 254:0: apus-linear: Invalid device sector (-EINVAL)".
///
/// The text is a literal, because it has to stay when the target is gone that it is said about.
public struct TargetError: Error, Sendable {
  public let errno: Errno
  public let message: Literal

  /// An error with a reason.
  @inline(__always)
  public init(_ errno: Errno, _ message: Literal) {
    self.errno = errno
    self.message = message
  }

  /// An argument that cannot be: EINVAL.
  @inline(__always)
  public static func invalid(_ message: Literal) -> TargetError { TargetError(.invalidArgument, message) }
}

/// Runs `body`, and gives its errors a text.
@inline(__always)
public func explaining<Result: ~Copyable>(
  _ message: Literal, _ body: () throws(Errno) -> Result
) throws(TargetError) -> Result {
  do throws(Errno) {
    return try body()
  } catch {
    throw TargetError(error, message)
  }
}
