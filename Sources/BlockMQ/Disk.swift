// SPDX-License-Identifier: GPL-2.0-only
// A disk: what appears in /dev, with the driver behind it.
// C header: include/linux/blkdev.h (struct gendisk)

internal import CKernel
public import Block
public import Kernel

/// A disk in /dev, as long as the value lives. Its end takes the disk away: what is dirty is written, no new request comes, those
/// in flight are waited for, and then the driver's value ends. Whoever has the disk open keeps a dead handle: its calls give
/// `noSuchDeviceOrAddress`, and the driver is not told when it is closed. The module stays loaded until then.
///
/// Calls of the driver's operations of the disk that are under way are waited for, so none of them may end its own disk.
///
/// It ends in bounded time, whatever the driver does: if requests are still in flight after as long as a request may take (the
/// queue's timeout, 30 seconds unless it was changed), the driver is not called any more and its value ends first. Requests that it
/// still held complete with an I/O error then, by their own ends; so do those in the data of the hardware queues, of requests, of the
/// disk and of the tag set, which end with it unless another disk uses the tag set. A request that is kept elsewhere is waited for, with
/// a line in the log that says which.
///
/// Invariant: `removal`'s disk was added with `add_disk`; its queue's `queuedata` is `core`, memory that a `HeapBox` gave; its tag
/// set is `tagSet`'s. Its operations reach the driver through `removal`'s core, while that is open.
@safe
public struct Disk<Driver: BlockDriver & ~Copyable>: ~Copyable, @unchecked Sendable {
  private let removal: HeapBox<apus_removal>
  private let core: UnsafeMutablePointer<DriverCell<Driver>>
  // Ends after `deinit` has taken the disk away.
  private let tagSet: TagSet<Driver>

  /// Adds a disk. The corresponding C functions are `blk_mq_alloc_disk` and `add_disk`.
  ///
  /// Requests may come before this returns: the kernel reads the partition table.
  ///
  /// Throws: `invalidArgument` when a limit is wrong, with a line in the log that says which; `outOfMemory`; `exists`
  /// if there is a disk of that name; what `makeDriver` throws. Nothing is left then.
  /// Context: may sleep.
  ///
  /// - Parameter number: the disk's; nil for one that the block layer gives.
  /// - Parameter makeDriver: makes the driver's value, which may keep a share of the queue.
  public init(
    _ name: DiskName, capacity: Sector, limits: DiskLimits, flags: DiskFlags = .none,
    number: DiskNumber? = nil, tagSet: borrowing TagSet<Driver>,
    makeDriver: (borrowing RequestQueue) throws(Errno) -> Driver
  ) throws(Errno) {
    let tagSet = tagSet.share()
    // SAFETY: the share above is kept as long as the disk; one that was allocated is added, or put.
    let removal = try unsafe Disk.allocate(capacity, limits, flags, number, tagSet)
    let box = try unsafe Disk.add(removal, name, capacity, makeDriver)
    // INVARIANT: all of it holds from here on; `deinit` gives the driver back to its box.
    unsafe self.removal = removal
    unsafe self.core = box.take()
    self.tagSet = tagSet
  }

  /// Adds a disk, as above, with a driver that is there already. Its value ends if this throws.
  public init(
    _ name: DiskName, capacity: Sector, limits: DiskLimits, flags: DiskFlags = .none,
    number: DiskNumber? = nil, tagSet: borrowing TagSet<Driver>, driver: consuming Driver
  ) throws(Errno) {
    let box = try HeapBox(DriverCell<Driver>(driver), .kernel)
    let tagSet = tagSet.share()
    // SAFETY: as above.
    let removal = try unsafe Disk.allocate(capacity, limits, flags, number, tagSet)
    try unsafe Disk.add(removal, name, capacity, box)
    // INVARIANT: as above.
    unsafe self.removal = removal
    unsafe self.core = box.take()
    self.tagSet = tagSet
  }

  /// Allocates a disk, which has a queue then and is seen by nobody. The tag set has to outlive it.
  // (Not inlined: limits are large, and stacks in the kernel are not.)
  @inline(never)
  private static func allocate(
    _ capacity: Sector, _ limits: DiskLimits, _ flags: DiskFlags, _ number: DiskNumber?,
    _ tagSet: borrowing TagSet<Driver>
  ) throws(Errno) -> HeapBox<apus_removal> {
    var checked = try limits.checked(capacity: capacity)
    // SAFETY: only compared.
    if limits.zones != nil, unsafe Driver.diskOperationsTable?.pointee.reportZones == nil {
      log(.error, "a disk with zones needs a driver with reportZones")
      throw .invalidArgument
    }
    // SAFETY: only sizes.
    guard unsafe MemoryLayout<DiskOperationsTable<Driver>>.size >= MemoryLayout<apus_disk_table>.size else {
      throw .invalidArgument
    }
    // SAFETY: all zeroes, until the call below makes it what it is.
    let removal = try unsafe HeapBox(apus_removal(), .kernel)
    // SAFETY: the caller keeps a share of the tag set. The queue has no driver yet, and no request comes before it has.
    let allocated = unsafe apus_alloc_disk(tagSet.pointer, &checked)
    // SAFETY: only compared, not followed.
    try Errno.check(unsafe apus_error_of(allocated))
    guard let disk = unsafe allocated else { throw .outOfMemory }
    // SAFETY: the memory is ours, and does not move.
    unsafe apus_removal_init(removal.address, disk)
    unsafe apus_disk_set_flags(disk, flags.rawValue)
    if let number { unsafe apus_disk_set_number(disk, number.major, number.minor) }
    return unsafe removal
  }

  /// Adds a disk that was allocated, with a driver that is made for its queue. What `add` below throws, and `makeDriver`.
  private static func add(
    _ removal: borrowing HeapBox<apus_removal>, _ name: DiskName, _ capacity: Sector,
    _ makeDriver: (borrowing RequestQueue) throws(Errno) -> Driver
  ) throws(Errno) -> HeapBox<DriverCell<Driver>> {
    do throws(Errno) {
      // SAFETY: a fresh disk.
      let queue = unsafe RequestQueue(sharing: apus_removal_queue(removal.address))
      let box = try HeapBox(DriverCell<Driver>(makeDriver(queue)), .kernel)
      try unsafe add(removal.address, name, capacity, box)
      return box
    } catch {
      // SAFETY: never added, so the reference of `apus_alloc_disk` is the only one.
      unsafe apus_removal_discard(removal.address)
      throw error
    }
  }

  /// The same, with a driver that is there already.
  private static func add(
    _ removal: borrowing HeapBox<apus_removal>, _ name: DiskName, _ capacity: Sector,
    _ driver: borrowing HeapBox<DriverCell<Driver>>
  ) throws(Errno) {
    do throws(Errno) {
      // SAFETY: allocated, and not added yet.
      try unsafe add(removal.address, name, capacity, driver)
    } catch {
      // SAFETY: as above.
      unsafe apus_removal_discard(removal.address)
      throw error
    }
  }

  /// Adds a disk that was allocated; requests may come before this returns.
  @unsafe
  private static func add(
    _ removal: UnsafeMutablePointer<apus_removal>, _ name: DiskName, _ capacity: Sector,
    _ driver: borrowing HeapBox<DriverCell<Driver>>
  ) throws(Errno) {
    // SAFETY: the driver's static variable, whose first words are the C table's, with room for the others.
    let table = unsafe UnsafeMutableRawPointer(Driver.diskOperationsTable)?.assumingMemoryBound(
      to: apus_disk_table.self)
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
    // SAFETY: the type's invariant; this value ends, so nobody borrows the driver any more but the queue.
    if unsafe apus_removal_try(removal.address) {
      // SAFETY: the disk is gone; the last of the driver's calls that are readers of RCU may be about to return.
      unsafe apus_removal_forget(removal.address)
      // SAFETY: whoever has the disk open does not reach the driver any more.
      unsafe apus_removal_close(removal.address)
      // SAFETY: the queue is gone, and with it whoever called the driver.
      _ = unsafe HeapBox(owning: core)
    } else {
      log(.warning, "requests are still held back after the timeout; the disk is taken from under them")
      // SAFETY: after this call the queue does not call the driver any more.
      unsafe apus_removal_abandon(removal.address)
      // SAFETY: nor does whoever has the disk open.
      unsafe apus_removal_close(removal.address)
      // SAFETY: the requests whose timers wait would otherwise be waited for as long; the timers are the library's.
      if Driver.traits.hasTimer { unsafe apus_queue_sweep_timers(apus_removal_queue(removal.address)) }
      // SAFETY: no call sees the data of the hardware queues any more, nor does a request that was kept lend them; they may hold
      // requests as well.
      unsafe releaseHardwareQueueData()
      // SAFETY: as above. What the driver held ends here, which is what the removal waits for.
      _ = unsafe HeapBox(owning: core)
      // SAFETY: as above.
      unsafe endWhatElseHoldsRequests()
    }
    // SAFETY: begun above, once.
    unsafe apus_removal_finish(removal.address)
    // SAFETY: the kernel calls nothing of this disk's any more.
    unsafe apus_unregistered()
  }

  /// Ends whatever of the driver's may hold requests, after its value, until none is held; and then waits for those that are kept elsewhere,
  /// and says so in the log.
  @unsafe
  private borrowing func endWhatElseHoldsRequests() {
    // SAFETY: the type's invariant: the removal has begun.
    while unsafe !apus_removal_wait(removal.address, 0) {
      // SAFETY: the type's invariant, until the end of the removal.
      let held = unsafe apus_removal_held(removal.address, nil)
      if held > 0 { unsafe endDataThatHoldsRequests(held) }
      let left = unsafe apus_removal_held(removal.address, nil)
      // A request that has ended may be the one whose data holds another.
      if left > 0, left < held { continue }
      // SAFETY: as above.
      if unsafe apus_removal_wait(removal.address, Self.patience) { return }
      unsafe apus_removal_report(removal.address)
    }
  }

  /// Ends data of requests; if as many requests as before are held then, the tag set's data, and the disk's.
  @unsafe
  private borrowing func endDataThatHoldsRequests(_ held: UInt32) {
    // SAFETY: the type's invariant; the driver is gone, and calls that lent data have ended.
    let queue = unsafe apus_removal_queue(removal.address)
    unsafe apus_removal_push(removal.address)
    if Driver.traits.hasTimer { unsafe apus_queue_sweep_timers(queue) }
    unsafe tagSet.endRequestData()
    guard unsafe apus_removal_held(removal.address, nil) >= held else { return }
    // SAFETY: as above: the block layer makes no request of the tag set's data any more.
    unsafe tagSet.endData(queue)
    // SAFETY: whoever has the disk open does not reach its data.
    unsafe apus_removal_end_data(removal.address)
  }

  /// How often the log is told what the end of a disk waits for, in milliseconds; or as often as the time that a request may take.
  private static var patience: UInt32 { 30_000 }

  /// Ends the data of the hardware queues before the queues do.
  @unsafe
  private borrowing func releaseHardwareQueueData() {
    // SAFETY: the caller sees to it that nobody uses it; a queue gives its data once.
    guard unsafe Driver.operationsTable.pointee.exitHardwareQueue != nil else { return }
    var index = 0
    while index < tagSet.hardwareQueues {
      if let data = unsafe apus_removal_take_data(removal.address, UInt32(truncatingIfNeeded: index)) {
        _ = unsafe HeapBox(owning: data.assumingMemoryBound(to: Driver.HardwareQueueData.self))
      }
      index &+= 1
    }
  }

  /// The driver's value.
  public var driver: Driver {
    // SAFETY: the type's invariant; it is only borrowed.
    @inline(__always) _read { yield unsafe core.pointee.driver }
  }

  /// The request queue: an owner of its own.
  ///
  /// Context: any.
  public borrowing func requestQueue() -> RequestQueue {
    // SAFETY: the type's invariant.
    unsafe RequestQueue(sharing: apus_removal_queue(removal.address))
  }

  /// The size. The corresponding C function is `get_capacity`.
  public var capacity: Sector {
    // SAFETY: the type's invariant.
    Sector(unsafe get_capacity(apus_removal_disk(removal.address)))
  }

  /// Changes the size, while the disk is in use: whoever has it open sees it, and user space is told (an event with `RESIZE=1`).
  /// The corresponding C function is `set_capacity_and_notify`.
  ///
  /// The driver has to be ready for requests up to the larger of both sizes meanwhile.
  ///
  /// Throws: `invalidArgument` for a size that is no multiple of the block size, or beyond the largest device, with a line in the log;
  /// `notSupported` for a disk with zones, whose number is fixed. Nothing was changed then.
  /// Context: may sleep.
  public borrowing func resize(to capacity: Sector) throws(Errno) {
    // SAFETY: the type's invariant.
    let (blockSize, isZoned) = unsafe (
      Int(apus_disk_block_size(apus_removal_disk(removal.address))),
      apus_disk_is_zoned(apus_removal_disk(removal.address))
    )
    try DiskLimits.check(capacity: capacity, blockSize: blockSize)
    guard !isZoned else { throw .notSupported }
    // SAFETY: as above; the size was checked.
    unsafe apus_disk_resize(apus_removal_disk(removal.address), capacity.count)
  }

  /// Whether the disk cannot be written; also while it is in use, and user space is told. Writes that are under way go on.
  /// The corresponding C functions are `get_disk_ro` and `set_disk_ro`.
  ///
  /// Context: may sleep.
  public borrowing func setReadOnly(_ isReadOnly: Bool) {
    // SAFETY: the type's invariant.
    unsafe apus_disk_set_read_only(apus_removal_disk(removal.address), isReadOnly)
  }

  /// Whether the disk cannot be written.
  public var isReadOnly: Bool {
    // SAFETY: the type's invariant.
    unsafe apus_disk_read_only(apus_removal_disk(removal.address))
  }
}
