// SPDX-License-Identifier: GPL-2.0-only
// A disk without requests: what appears in /dev, with a driver behind it that takes bios.
// C header: include/linux/blkdev.h (blk_alloc_disk)

internal import CKernel
public import Block
public import Kernel

/// A disk in /dev, as long as the value lives, whose driver takes bios. Its end takes the disk away, as that of `Disk`: what is dirty is
/// written, no new bio comes, and then the driver's value ends; bios that it still held complete with an I/O error.
///
/// It ends in bounded time: if what is dirty cannot be written within 30 seconds, the driver ends first.
///
/// Invariant: `removal`'s disk was added; its core's driver is `core`, memory that a `HeapBox` gave.
@safe
public struct BioDisk<Driver: BioDriver & ~Copyable>: ~Copyable, @unchecked Sendable {
  private let removal: HeapBox<apus_removal>
  private let core: UnsafeMutablePointer<Driver>

  /// Adds a disk. The corresponding C functions are `blk_alloc_disk` and `add_disk`.
  ///
  /// Bios may come before this returns: the kernel reads the partition table.
  ///
  /// Throws: `invalidArgument` when a limit is wrong, with a line in the log that says which; `outOfMemory`;
  /// `exists` if there is a disk of that name. The driver's value has ended then, and nothing is left.
  /// Context: may sleep.
  public init(
    _ name: DiskName, capacity: Sector, limits: DiskLimits, number: DiskNumber? = nil,
    node: NUMANode = .any, driver: consuming Driver
  ) throws(Errno) {
    let box = try HeapBox(driver, .kernel)
    // SAFETY: one that was allocated is added, or discarded.
    let removal = try unsafe BioDisk.allocate(capacity, limits, number, node)
    do throws(Errno) {
      try unsafe BioDisk.add(removal.address, name, capacity, box)
    } catch {
      // SAFETY: never added, so the reference of the allocation is the only one.
      unsafe apus_removal_discard(removal.address)
      throw error
    }
    // INVARIANT: the disk was added, and holds from here on.
    unsafe self.removal = removal
    // SAFETY: `deinit` gives the driver back to its box.
    unsafe self.core = box.take()
  }

  // (Not inlined: limits are large, and stacks in the kernel are not.)
  @inline(never)
  private static func allocate(
    _ capacity: Sector, _ limits: DiskLimits, _ number: DiskNumber?, _ node: NUMANode
  ) throws(Errno) -> HeapBox<apus_removal> {
    var checked = try limits.checked(capacity: capacity)
    // SAFETY: only compared.
    if limits.zones != nil, unsafe Driver.bioOperationsTable.pointee.reportZones == nil {
      log(.error, "a disk with zones needs a driver with reportZones")
      throw .invalidArgument
    }
    // SAFETY: only sizes.
    guard unsafe MemoryLayout<DiskOperationsTable<Driver>>.size >= MemoryLayout<apus_disk_table>.size else {
      throw .invalidArgument
    }
    // SAFETY: all zeroes, until the call below makes it what it is.
    let removal = try unsafe HeapBox(apus_removal(), .kernel)
    // SAFETY: the limits were checked, and so was the node.
    let allocated = unsafe apus_alloc_bio_disk(&checked, node.rawValue)
    // SAFETY: only compared, not followed.
    try Errno.check(unsafe apus_error_of(allocated))
    guard let disk = unsafe allocated else { throw .outOfMemory }
    // SAFETY: the memory is ours, and does not move.
    unsafe apus_removal_init(removal.address, disk)
    if let number { unsafe apus_disk_set_number(disk, number.major, number.minor) }
    return unsafe removal
  }

  /// Adds a disk that was allocated; bios may come before this returns.
  @unsafe
  private static func add(
    _ removal: UnsafeMutablePointer<apus_removal>, _ name: DiskName, _ capacity: Sector,
    _ driver: borrowing HeapBox<Driver>
  ) throws(Errno) {
    // SAFETY: the driver's static variable, whose first words are the C table's, with room for the others.
    let table = unsafe UnsafeMutableRawPointer(Driver.bioOperationsTable).assumingMemoryBound(to: apus_disk_table.self)
    var result: CInt = 0
    // SAFETY: not added yet; the name is NUL-terminated; the driver's address is stable and outlives the disk.
    unsafe name.text.span.withUnsafeBufferPointer { text in
      guard let text = text.baseAddress else { return }
      unsafe result = apus_disk_prepare(removal, driver.address, table, text, capacity.count)
    }
    try Errno.check(result)
    // SAFETY: prepared above.
    try Errno.check(unsafe apus_disk_add(apus_removal_disk(removal)))
    // SAFETY: taken back in `deinit`.
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: the type's invariant; this value ends, so nobody borrows the driver any more but whoever submits.
    if unsafe !apus_removal_try(removal.address) {
      log(.warning, "bios are still held back after 30 seconds; the disk is taken from under them")
    }
    // SAFETY: after this nobody calls the driver: bios that come are answered with an I/O error without it.
    unsafe apus_removal_close(removal.address)
    // SAFETY: as above. What the driver held ends here, which is what the removal may wait for.
    _ = unsafe HeapBox(owning: core)
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
    Sector(unsafe get_capacity(apus_removal_disk(removal.address)))
  }
}
