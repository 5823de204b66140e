// SPDX-License-Identifier: GPL-2.0-only
// Named error codes. Each also has its C name as an unavailable alias, so that a search or the
// compiler's fix-it finds it.
// C header: include/uapi/asm-generic/errno-base.h, errno.h

internal import CKernel

extension Errno {
  /// Operation not permitted. The corresponding C constant is `EPERM`.
  public static var notPermitted: Errno { Errno(code: CKernel.EPERM) }

  /// The C name of `notPermitted`, for searches and fix-its only.
  @available(*, unavailable, renamed: "notPermitted")
  public static var EPERM: Errno { Errno(code: CKernel.EPERM) }

  /// No such file or directory. The corresponding C constant is `ENOENT`.
  public static var noSuchFileOrDirectory: Errno { Errno(code: CKernel.ENOENT) }

  /// The C name of `noSuchFileOrDirectory`, for searches and fix-its only.
  @available(*, unavailable, renamed: "noSuchFileOrDirectory")
  public static var ENOENT: Errno { Errno(code: CKernel.ENOENT) }

  /// Input/output error. The corresponding C constant is `EIO`.
  public static var ioError: Errno { Errno(code: CKernel.EIO) }

  /// The C name of `ioError`, for searches and fix-its only.
  @available(*, unavailable, renamed: "ioError")
  public static var EIO: Errno { Errno(code: CKernel.EIO) }

  /// No such device or address. The corresponding C constant is `ENXIO`.
  public static var noSuchDeviceOrAddress: Errno { Errno(code: CKernel.ENXIO) }

  /// The C name of `noSuchDeviceOrAddress`, for searches and fix-its only.
  @available(*, unavailable, renamed: "noSuchDeviceOrAddress")
  public static var ENXIO: Errno { Errno(code: CKernel.ENXIO) }

  /// Try again. The corresponding C constant is `EAGAIN`.
  public static var tryAgain: Errno { Errno(code: CKernel.EAGAIN) }

  /// The C name of `tryAgain`, for searches and fix-its only.
  @available(*, unavailable, renamed: "tryAgain")
  public static var EAGAIN: Errno { Errno(code: CKernel.EAGAIN) }

  /// Cannot allocate memory. The corresponding C constant is `ENOMEM`.
  public static var outOfMemory: Errno { Errno(code: CKernel.ENOMEM) }

  /// The C name of `outOfMemory`, for searches and fix-its only.
  @available(*, unavailable, renamed: "outOfMemory")
  public static var ENOMEM: Errno { Errno(code: CKernel.ENOMEM) }

  /// Permission denied. The corresponding C constant is `EACCES`.
  public static var accessDenied: Errno { Errno(code: CKernel.EACCES) }

  /// The C name of `accessDenied`, for searches and fix-its only.
  @available(*, unavailable, renamed: "accessDenied")
  public static var EACCES: Errno { Errno(code: CKernel.EACCES) }

  /// Bad address, such as an invalid user pointer. The corresponding C constant is `EFAULT`.
  public static var badAddress: Errno { Errno(code: CKernel.EFAULT) }

  /// The C name of `badAddress`, for searches and fix-its only.
  @available(*, unavailable, renamed: "badAddress")
  public static var EFAULT: Errno { Errno(code: CKernel.EFAULT) }

  /// Device or resource busy. The corresponding C constant is `EBUSY`.
  public static var busy: Errno { Errno(code: CKernel.EBUSY) }

  /// The C name of `busy`, for searches and fix-its only.
  @available(*, unavailable, renamed: "busy")
  public static var EBUSY: Errno { Errno(code: CKernel.EBUSY) }

  /// Already exists. The corresponding C constant is `EEXIST`.
  public static var exists: Errno { Errno(code: CKernel.EEXIST) }

  /// The C name of `exists`, for searches and fix-its only.
  @available(*, unavailable, renamed: "exists")
  public static var EEXIST: Errno { Errno(code: CKernel.EEXIST) }

  /// No such device. The corresponding C constant is `ENODEV`.
  public static var noSuchDevice: Errno { Errno(code: CKernel.ENODEV) }

  /// The C name of `noSuchDevice`, for searches and fix-its only.
  @available(*, unavailable, renamed: "noSuchDevice")
  public static var ENODEV: Errno { Errno(code: CKernel.ENODEV) }

  /// Invalid argument. The corresponding C constant is `EINVAL`.
  public static var invalidArgument: Errno { Errno(code: CKernel.EINVAL) }

  /// The C name of `invalidArgument`, for searches and fix-its only.
  @available(*, unavailable, renamed: "invalidArgument")
  public static var EINVAL: Errno { Errno(code: CKernel.EINVAL) }

  /// No space left on device. The corresponding C constant is `ENOSPC`.
  public static var noSpaceLeft: Errno { Errno(code: CKernel.ENOSPC) }

  /// The C name of `noSpaceLeft`, for searches and fix-its only.
  @available(*, unavailable, renamed: "noSpaceLeft")
  public static var ENOSPC: Errno { Errno(code: CKernel.ENOSPC) }

  /// Read-only. The corresponding C constant is `EROFS`.
  public static var readOnly: Errno { Errno(code: CKernel.EROFS) }

  /// The C name of `readOnly`, for searches and fix-its only.
  @available(*, unavailable, renamed: "readOnly")
  public static var EROFS: Errno { Errno(code: CKernel.EROFS) }

  /// Result or argument not representable. The corresponding C constant is `ERANGE`.
  public static var outOfRange: Errno { Errno(code: CKernel.ERANGE) }

  /// The C name of `outOfRange`, for searches and fix-its only.
  @available(*, unavailable, renamed: "outOfRange")
  public static var ERANGE: Errno { Errno(code: CKernel.ERANGE) }

  /// A name is too long. The corresponding C constant is `ENAMETOOLONG`.
  public static var nameTooLong: Errno { Errno(code: CKernel.ENAMETOOLONG) }

  /// The C name of `nameTooLong`, for searches and fix-its only.
  @available(*, unavailable, renamed: "nameTooLong")
  public static var ENAMETOOLONG: Errno { Errno(code: CKernel.ENAMETOOLONG) }

  /// No data available. The corresponding C constant is `ENODATA`.
  public static var noData: Errno { Errno(code: CKernel.ENODATA) }

  /// The C name of `noData`, for searches and fix-its only.
  @available(*, unavailable, renamed: "noData")
  public static var ENODATA: Errno { Errno(code: CKernel.ENODATA) }

  /// Timed out. The corresponding C constant is `ETIMEDOUT`.
  public static var timedOut: Errno { Errno(code: CKernel.ETIMEDOUT) }

  /// The C name of `timedOut`, for searches and fix-its only.
  @available(*, unavailable, renamed: "timedOut")
  public static var ETIMEDOUT: Errno { Errno(code: CKernel.ETIMEDOUT) }

  /// Operation not supported. The corresponding C constant is `EOPNOTSUPP`.
  public static var notSupported: Errno { Errno(code: CKernel.EOPNOTSUPP) }

  /// The C name of `notSupported`, for searches and fix-its only.
  @available(*, unavailable, renamed: "notSupported")
  public static var EOPNOTSUPP: Errno { Errno(code: CKernel.EOPNOTSUPP) }

  /// Value too large. The corresponding C constant is `EOVERFLOW`.
  public static var overflow: Errno { Errno(code: CKernel.EOVERFLOW) }

  /// The C name of `overflow`, for searches and fix-its only.
  @available(*, unavailable, renamed: "overflow")
  public static var EOVERFLOW: Errno { Errno(code: CKernel.EOVERFLOW) }

  /// Cannot send after shutdown. The corresponding C constant is `ESHUTDOWN`.
  public static var shutDown: Errno { Errno(code: CKernel.ESHUTDOWN) }

  /// The C name of `shutDown`, for searches and fix-its only.
  @available(*, unavailable, renamed: "shutDown")
  public static var ESHUTDOWN: Errno { Errno(code: CKernel.ESHUTDOWN) }

  /// Interrupted by a signal. The corresponding C constant is `EINTR`.
  public static var interrupted: Errno { Errno(code: CKernel.EINTR) }

  /// The C name of `interrupted`, for searches and fix-its only.
  @available(*, unavailable, renamed: "interrupted")
  public static var EINTR: Errno { Errno(code: CKernel.EINTR) }

  /// File or object too large. The corresponding C constant is `EFBIG`.
  public static var fileTooLarge: Errno { Errno(code: CKernel.EFBIG) }

  /// The C name of `fileTooLarge`, for searches and fix-its only.
  @available(*, unavailable, renamed: "fileTooLarge")
  public static var EFBIG: Errno { Errno(code: CKernel.EFBIG) }

  /// The device has no such command. The corresponding C constant is `ENOTTY`.
  public static var inappropriateForDevice: Errno { Errno(code: CKernel.ENOTTY) }

  /// The C name of `inappropriateForDevice`, for searches and fix-its only.
  @available(*, unavailable, renamed: "inappropriateForDevice")
  public static var ENOTTY: Errno { Errno(code: CKernel.ENOTTY) }

  /// There is no medium in the device. The corresponding C constant is `ENOMEDIUM`.
  public static var noMedium: Errno { Errno(code: CKernel.ENOMEDIUM) }

  /// The C name of `noMedium`, for searches and fix-its only.
  @available(*, unavailable, renamed: "noMedium")
  public static var ENOMEDIUM: Errno { Errno(code: CKernel.ENOMEDIUM) }
}
