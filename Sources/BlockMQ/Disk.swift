// SPDX-License-Identifier: GPL-2.0-only
// A disk: what appears in /dev, with the driver behind it.
// C header: include/linux/blkdev.h (struct gendisk)

internal import CKernel
public import Block
public import Kernel

/// A disk in /dev, as long as the value lives. Its end takes the disk away: no new request comes, those in flight
/// are waited for, and then the driver's value ends. Whoever has the disk open keeps a dead handle, every use of
/// which fails; the module stays loaded until that is closed.
///
/// Invariant: `disk` was added with `add_disk`, its queue's `queuedata` is `driver`'s address, and its tag set is
/// `tagSet`'s.
@safe
public struct Disk<Driver: BlockDriver & ~Copyable>: ~Copyable, @unchecked Sendable {
  private let disk: UnsafeMutablePointer<gendisk>
  // These end after `deinit` has taken the disk away.
  private let box: HeapBox<Driver>
  private let tagSet: TagSet<Driver>

  /// Adds a disk. The corresponding C functions are `blk_mq_alloc_disk` and `add_disk`.
  ///
  /// Requests may come before this returns: the kernel reads the partition table.
  ///
  /// Throws: `invalidArgument` when a limit is wrong, with a line in the log that says which; `outOfMemory`; `exists`
  /// if there is a disk of that name. The driver's value has ended then, and nothing is left.
  /// Context: may sleep.
  public init(
    _ name: DiskName, capacity: Sector, limits: DiskLimits, tagSet: borrowing TagSet<Driver>, driver: consuming Driver
  ) throws(Errno) {
    var checked = try limits.checked(capacity: capacity)
    let box = try HeapBox(driver, .kernel)
    let tagSet = tagSet.share()
    // SAFETY: the tag set lives as long as this share; the driver's address is stable and outlives the disk.
    let allocated = unsafe apus_alloc_disk(tagSet.pointer, &checked, box.address)
    // SAFETY: only compared, not followed.
    try Errno.check(unsafe apus_error_of(allocated))
    guard let disk = unsafe allocated else { throw .outOfMemory }
    // SAFETY: a fresh disk, not added yet; the name is NUL-terminated.
    unsafe name.text.span.withUnsafeBufferPointer { text in
      guard let text = text.baseAddress else { return }
      unsafe apus_disk_prepare(disk, box.address, text, capacity.count)
    }
    // SAFETY: prepared above.
    let result = unsafe apus_disk_add(disk)
    if result != 0 {
      // SAFETY: never added, so the reference of `apus_alloc_disk` is the only one.
      unsafe put_disk(disk)
      throw Errno(kernelResult: result)
    }
    // INVARIANT: all three hold from here on.
    unsafe self.disk = disk
    self.box = box
    self.tagSet = tagSet
  }

  deinit {
    // SAFETY: the type's invariant. del_gendisk waits for the requests in flight and lets none in afterwards.
    unsafe del_gendisk(disk)
    // SAFETY: the reference of `apus_alloc_disk`.
    unsafe put_disk(disk)
  }

  /// The driver's value.
  public var driver: Driver {
    @inline(__always) _read { yield box.value }
  }

  /// The size. The corresponding C function is `get_capacity`.
  public var capacity: Sector {
    // SAFETY: the type's invariant.
    Sector(unsafe get_capacity(disk))
  }
}
