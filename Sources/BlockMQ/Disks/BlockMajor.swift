// SPDX-License-Identifier: GPL-2.0-only
// The device numbers of disks: MAJOR:MINOR in /sys/block/NAME/dev.
// C header: include/linux/blkdev.h (register_blkdev)

internal import CKernel
public import Kernel

/// A major number of the driver's own, with a name in /proc/devices, registered as long as the
/// value lives. Disks without such a number get a number from the block layer.
///
/// The end of the value only unregisters the name: a disk that still has such a number keeps it.
///
/// Invariant: `number` was registered with `name`.
public struct BlockMajor: ~Copyable, Sendable {
  private let number: UInt32
  private let name: StaticCString

  /// Registers an unused major number. The corresponding C function is `register_blkdev`.
  ///
  /// Throws: `nameTooLong` for more than 15 bytes, of which the kernel would keep 15, and then not
  /// find the number by its name; `invalidArgument` for a name that is empty or contains a NUL;
  /// `busy` if no number is left; `outOfMemory`.
  /// Context: may sleep.
  public init(_ name: StaticCString) throws(Errno) {
    guard name.count <= 15 else { throw .nameTooLong }
    guard name.isName else { throw .invalidArgument }
    // SAFETY: a `StaticCString` is NUL-terminated; the kernel copies the name.
    let number = unsafe apus_major_register(name.cString)
    if number < 0 { try Errno.check(number) }
    // INVARIANT: registered above.
    self.number = UInt32(truncatingIfNeeded: number)
    self.name = name
    // SAFETY: `deinit` calls `apus_unregistered`.
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: the type's invariant; the number is unregistered only here.
    unsafe apus_major_unregister(number, name.cString)
    unsafe apus_unregistered()
  }

  /// The device number of a disk. The partitions of the disk get numbers from the block layer. Two
  /// disks must not have the same number: the kernel refuses the second one with a warning.
  ///
  /// Throws: `invalidArgument` for a minor number outside `0..<1048576`.
  public borrowing func disk(_ minor: Int) throws(Errno) -> DiskNumber {
    guard let minor = UInt32(exactly: minor), minor < 1 << 20 else { throw .invalidArgument }
    return DiskNumber(major: number, minor: minor)
  }
}

/// The device number of a disk, from `BlockMajor.disk`.
public struct DiskNumber: Sendable {
  let major: UInt32
  let minor: UInt32
}
