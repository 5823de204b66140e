// SPDX-License-Identifier: GPL-2.0-only
// How a request or a bio ended.
// C header: include/linux/blk_types.h (blk_status_t)

internal import CKernel
public import Kernel

/// How I/O ended. Thrown, it is the reason why it failed.
///
/// Invariant: one of the kernel's numbers, which differ between kernels; so a number cannot be given.
public struct BlockStatus: Error, Equatable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  private init(_ status: apus_blk_status) { rawValue = UInt8(truncatingIfNeeded: status.rawValue) }

  /// All of it was done. The corresponding C constant is `BLK_STS_OK`.
  public static var ok: BlockStatus { BlockStatus(APUS_BLK_STS_OK) }
  /// The device has no such operation; user space sees EOPNOTSUPP. `BLK_STS_NOTSUPP`.
  public static var notSupported: BlockStatus { BlockStatus(APUS_BLK_STS_NOTSUPP) }
  /// It took too long; ETIMEDOUT. `BLK_STS_TIMEOUT`.
  public static var timeout: BlockStatus { BlockStatus(APUS_BLK_STS_TIMEOUT) }
  /// No space is left behind the device, as in a thin one; ENOSPC. `BLK_STS_NOSPC`.
  public static var noSpace: BlockStatus { BlockStatus(APUS_BLK_STS_NOSPC) }
  /// The link to the device failed; ENOLINK. `BLK_STS_TRANSPORT`.
  public static var transport: BlockStatus { BlockStatus(APUS_BLK_STS_TRANSPORT) }
  /// The target failed for good; EREMOTEIO. `BLK_STS_TARGET`.
  public static var target: BlockStatus { BlockStatus(APUS_BLK_STS_TARGET) }
  /// A reservation of somebody else's forbids it; EBADE. `BLK_STS_RESV_CONFLICT`, before 6.6 `BLK_STS_NEXUS`.
  public static var reservationConflict: BlockStatus { BlockStatus(APUS_BLK_STS_RESERVATION) }
  /// The medium is damaged there; ENODATA. `BLK_STS_MEDIUM`.
  public static var medium: BlockStatus { BlockStatus(APUS_BLK_STS_MEDIUM) }
  /// The data's protection information is wrong; EILSEQ. `BLK_STS_PROTECTION`.
  public static var protection: BlockStatus { BlockStatus(APUS_BLK_STS_PROTECTION) }
  /// The kernel lacks memory or the like; ENOMEM. `BLK_STS_RESOURCE`.
  public static var resource: BlockStatus { BlockStatus(APUS_BLK_STS_RESOURCE) }
  /// The device lacks something that it gets back when I/O of its own ends. `BLK_STS_DEV_RESOURCE`.
  package static var deviceResource: BlockStatus { BlockStatus(APUS_BLK_STS_DEV_RESOURCE) }
  /// An I/O error; EIO. `BLK_STS_IOERR`.
  public static var ioError: BlockStatus { BlockStatus(APUS_BLK_STS_IOERR) }
  /// It would have to wait, and must not; EAGAIN. `BLK_STS_AGAIN`.
  public static var again: BlockStatus { BlockStatus(APUS_BLK_STS_AGAIN) }
  /// The device is switched off; ENODEV. `BLK_STS_OFFLINE`.
  public static var offline: BlockStatus { BlockStatus(APUS_BLK_STS_OFFLINE) }
  /// Too many zones are open; ETOOMANYREFS. `BLK_STS_ZONE_OPEN_RESOURCE`.
  public static var tooManyOpenZones: BlockStatus { BlockStatus(APUS_BLK_STS_ZONE_OPEN_RESOURCE) }
  /// Too many zones are active; EOVERFLOW. `BLK_STS_ZONE_ACTIVE_RESOURCE`.
  public static var tooManyActiveZones: BlockStatus { BlockStatus(APUS_BLK_STS_ZONE_ACTIVE_RESOURCE) }

  /// The status that stands for an error. The corresponding C function is `errno_to_blk_status`.
  public init(_ error: Errno) {
    // SAFETY: any number is a valid argument; one without a status becomes an I/O error.
    rawValue = unsafe apus_errno_to_status(error.kernelResult)
  }

  /// What user space sees, or nil for `ok`. The corresponding C function is `blk_status_to_errno`.
  public var errno: Errno? {
    // SAFETY: C warns about a number that is no status and answers EIO; ours is one by the invariant.
    let result = unsafe apus_status_to_errno(rawValue)
    return result == 0 ? nil : Errno(kernelResult: result)
  }

  public static func == (left: BlockStatus, right: BlockStatus) -> Bool { left.rawValue == right.rawValue }
}
