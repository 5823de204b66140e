// SPDX-License-Identifier: GPL-2.0-only
// The numbers of disks: what is in front of the colon in /sys/block/NAME/dev.
// C header: include/linux/blkdev.h (register_blkdev)

internal import CKernel
public import Kernel

/// A major number of a driver's own, with a name in /proc/devices, as long as the value lives. Disks without have numbers that the
/// block layer gives them.
///
/// Its end takes the name away, and no more: a disk that still has such a number keeps it.
///
/// Invariant: `number` was registered with `name`.
public struct BlockMajor: ~Copyable, Sendable {
  private let number: UInt32
  private let name: Literal

  /// Takes a number that is free. The corresponding C function is `register_blkdev`.
  ///
  /// Throws: `busy` if there is none left; `outOfMemory`.
  /// Context: may sleep.
  public init(_ name: Literal) throws(Errno) {
    // SAFETY: a literal ends with a NUL; the name is copied.
    let number = unsafe apus_major_register(name.cString)
    if number < 0 { try Errno.check(number) }
    // INVARIANT: registered above.
    self.number = UInt32(truncatingIfNeeded: number)
    self.name = name
    // SAFETY: taken back in `deinit`.
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: the type's invariant; this is the one end.
    unsafe apus_major_unregister(number, name.cString)
    unsafe apus_unregistered()
  }

  /// The number of a disk. (Its partitions have numbers that the block layer gives.) No two disks may have the same: the kernel
  /// refuses the second one, with a warning.
  ///
  /// Throws: `invalidArgument` for a minor number that is not within `0..<1048576`.
  public borrowing func disk(_ minor: Int) throws(Errno) -> DiskNumber {
    guard let minor = UInt32(exactly: minor), minor < 1 << 20 else { throw .invalidArgument }
    return DiskNumber(major: number, minor: minor)
  }
}

/// The number of a disk, from `BlockMajor.disk`.
public struct DiskNumber: Sendable {
  let major: UInt32
  let minor: UInt32
}
