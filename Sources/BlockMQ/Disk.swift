// SPDX-License-Identifier: GPL-2.0-only
// A disk: what appears in /dev, with the driver behind it.
// C header: include/linux/blkdev.h (struct gendisk)

internal import CKernel
public import Block
public import Kernel

/// A disk in /dev, as long as the value lives. Its end takes the disk away: what is dirty is written, no new request comes, those
/// in flight are waited for, and then the driver's value ends. Whoever has the disk open keeps a dead handle; the module stays loaded
/// until that is closed.
///
/// It ends in bounded time, whatever the driver does: if requests are still in flight after as long as a request may take (the
/// queue's timeout, 30 seconds unless it was changed), the driver is not called any more and its value ends first. Requests that it
/// still held complete with an I/O error then, by their own ends.
///
/// Invariant: `removal`'s disk was added with `add_disk`; its queue's `queuedata` is `driver`, memory that a `HeapBox` gave; its tag
/// set is `tagSet`'s.
@safe
public struct Disk<Driver: BlockDriver & ~Copyable>: ~Copyable, @unchecked Sendable {
  private let removal: HeapBox<apus_removal>
  private let core: UnsafeMutablePointer<Driver>
  // Ends after `deinit` has taken the disk away.
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
    // SAFETY: all zeroes, until the call below makes it what it is.
    let removal = try unsafe HeapBox(apus_removal(), .kernel)
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
    // SAFETY: the memory is ours, and does not move.
    unsafe apus_removal_init(removal.address, disk)
    // SAFETY: prepared above.
    let result = unsafe apus_disk_add(disk)
    if result != 0 {
      // SAFETY: never added, so the reference of `apus_alloc_disk` is the only one.
      unsafe put_disk(disk)
      throw Errno(kernelResult: result)
    }
    // SAFETY: taken back in `deinit`.
    unsafe apus_registered()
    // INVARIANT: all of it holds from here on; `deinit` gives the driver back to its box.
    unsafe self.removal = removal
    unsafe self.core = box.take()
    self.tagSet = tagSet
  }

  deinit {
    // SAFETY: the type's invariant; this value ends, so nobody borrows the driver any more but the queue.
    if unsafe apus_removal_try(removal.address) {
      // SAFETY: the queue is gone, and with it whoever called the driver.
      _ = unsafe HeapBox(owning: core)
    } else {
      log(.warning, "requests are still held back after the timeout; the disk is taken from under them")
      // SAFETY: after this call the queue does not call the driver any more.
      unsafe apus_removal_abandon(removal.address)
      // SAFETY: as above. What the driver held ends here, which is what the removal waits for.
      _ = unsafe HeapBox(owning: core)
    }
    // SAFETY: begun above, once.
    unsafe apus_removal_finish(removal.address)
    // SAFETY: the kernel calls nothing of this disk's any more.
    unsafe apus_unregistered()
  }

  /// The driver's value.
  public var driver: Driver {
    // SAFETY: the type's invariant; it is only borrowed.
    @inline(__always) _read { yield unsafe core.pointee }
  }

  /// The size. The corresponding C function is `get_capacity`.
  public var capacity: Sector {
    // SAFETY: the type's invariant.
    Sector(unsafe get_capacity(removal.value.disk))
  }
}
