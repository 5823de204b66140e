// SPDX-License-Identifier: GPL-2.0-only
// The status with which a request or a bio completes.
// C header: include/linux/blk_types.h (blk_status_t)

internal import CKernel
public import Kernel

/// The status with which I/O completes. As an error, it is the reason why the I/O failed.
///
/// Invariant: `rawValue` is one of the kernel's status codes. The codes differ between kernels, so
/// a driver cannot pass a number.
public struct BlockStatus: Error, Equatable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  private init(_ status: apus_blk_status) { rawValue = UInt8(truncatingIfNeeded: status.rawValue) }

  /// The I/O succeeded completely. The corresponding C constant is `BLK_STS_OK`.
  public static var ok: BlockStatus { BlockStatus(APUS_BLK_STS_OK) }
  /// The device does not support the operation; user space sees EOPNOTSUPP. `BLK_STS_NOTSUPP`.
  public static var notSupported: BlockStatus { BlockStatus(APUS_BLK_STS_NOTSUPP) }
  /// The I/O timed out; ETIMEDOUT. `BLK_STS_TIMEOUT`.
  public static var timeout: BlockStatus { BlockStatus(APUS_BLK_STS_TIMEOUT) }
  /// The storage behind the device has no space left, as with thin provisioning; ENOSPC.
  /// `BLK_STS_NOSPC`.
  public static var noSpace: BlockStatus { BlockStatus(APUS_BLK_STS_NOSPC) }
  /// The link to the device failed; ENOLINK. `BLK_STS_TRANSPORT`.
  public static var transport: BlockStatus { BlockStatus(APUS_BLK_STS_TRANSPORT) }
  /// The target failed permanently; EREMOTEIO. `BLK_STS_TARGET`.
  public static var target: BlockStatus { BlockStatus(APUS_BLK_STS_TARGET) }
  /// Another host's reservation forbids it; EBADE. `BLK_STS_RESV_CONFLICT`, before 6.6
  /// `BLK_STS_NEXUS`.
  public static var reservationConflict: BlockStatus { BlockStatus(APUS_BLK_STS_RESERVATION) }
  /// The medium is damaged there; ENODATA. `BLK_STS_MEDIUM`.
  public static var medium: BlockStatus { BlockStatus(APUS_BLK_STS_MEDIUM) }
  /// The data's protection information is wrong; EILSEQ. `BLK_STS_PROTECTION`.
  public static var protection: BlockStatus { BlockStatus(APUS_BLK_STS_PROTECTION) }
  /// The kernel lacks memory or a similar resource; ENOMEM. `BLK_STS_RESOURCE`.
  public static var resource: BlockStatus { BlockStatus(APUS_BLK_STS_RESOURCE) }
  /// The device lacks a resource that is released when I/O of its own completes.
  /// `BLK_STS_DEV_RESOURCE`.
  package static var deviceResource: BlockStatus { BlockStatus(APUS_BLK_STS_DEV_RESOURCE) }
  /// An I/O error; EIO. `BLK_STS_IOERR`.
  public static var ioError: BlockStatus { BlockStatus(APUS_BLK_STS_IOERR) }
  /// The I/O would have to wait, and must not; EAGAIN. `BLK_STS_AGAIN`.
  public static var again: BlockStatus { BlockStatus(APUS_BLK_STS_AGAIN) }
  /// The device is offline; ENODEV. `BLK_STS_OFFLINE`.
  public static var offline: BlockStatus { BlockStatus(APUS_BLK_STS_OFFLINE) }
  /// Too many zones are open; ETOOMANYREFS. `BLK_STS_ZONE_OPEN_RESOURCE`.
  public static var tooManyOpenZones: BlockStatus { BlockStatus(APUS_BLK_STS_ZONE_OPEN_RESOURCE) }
  /// Too many zones are active; EOVERFLOW. `BLK_STS_ZONE_ACTIVE_RESOURCE`.
  public static var tooManyActiveZones: BlockStatus {
    BlockStatus(APUS_BLK_STS_ZONE_ACTIVE_RESOURCE)
  }

  /// The status for an error. The corresponding C function is `errno_to_blk_status`.
  public init(_ error: Errno) {
    // SAFETY: any number is a valid argument; a number without a status becomes an I/O error.
    rawValue = unsafe apus_errno_to_status(error.kernelResult)
  }

  /// The error that user space sees, or nil for `ok`. The corresponding C function is
  /// `blk_status_to_errno`.
  public var errno: Errno? {
    // SAFETY: C warns about a number that is no status and returns EIO; by the invariant this is a
    // status.
    let result = unsafe apus_status_to_errno(rawValue)
    return result == 0 ? nil : Errno(kernelResult: result)
  }

  /// Whether both are the same status code.
  public static func == (left: BlockStatus, right: BlockStatus) -> Bool {
    left.rawValue == right.rawValue
  }
}
