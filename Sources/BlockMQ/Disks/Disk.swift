// SPDX-License-Identifier: GPL-2.0-only
// A disk: a device in /dev, with the driver behind it.
// C header: include/linux/blkdev.h (struct gendisk)

internal import CKernel
public import Block
public import Kernel

/// A disk: a device in /dev that exists as long as the value lives.
///
/// When the value ends, the disk is removed. The kernel writes dirty data back, the block layer
/// admits no new request, the removal waits for the requests in flight, and then the driver's value
/// ends. A process that still has the disk open keeps a dead handle: its calls fail with
/// `noSuchDeviceOrAddress`, and the driver is not called when the handle is closed. The module
/// stays loaded until then.
///
/// The removal waits for calls in progress of the driver's disk operations. So none of these
/// operations may end its own disk.
///
/// The wait for the driver is bounded, whatever the driver does. The removal waits as long as a
/// request may take (the queue's timeout, 30 seconds unless it was changed). If requests are still
/// in flight after that, the library stops calling the driver and ends its value first. Requests
/// that the driver still held then complete with an I/O error, because their values end. The data
/// of the hardware queues, of requests, of the disk and of the tag set may hold requests too, so
/// the library ends that data as well. It keeps the data of requests if another disk uses the tag
/// set, and the data of the tag set if the tag set has another owner. If a request is kept
/// elsewhere, the removal waits until that request ends, and a line in the log names the request.
///
/// Invariant: `handle`'s disk was added with `add_disk`. Its queue's `queuedata` is `cell`, in
/// memory that a `HeapBox` allocated. Its tag set is that of `tagSet`. The disk's operations reach
/// the driver through the context in `handle`, until that context is closed.
///
/// ```swift
/// /// A volume of a storage server, as a disk with 4 KiB blocks.
/// struct ServerVolume<Driver: BlockDriver & ~Copyable>: ~Copyable, Sendable {
///   private let disk: Disk<Driver>
///
///   init(
///     number: Int, capacity: Sector, tags: borrowing TagSet<Driver>, driver: consuming Driver
///   ) throws(Errno) {
///     disk = try Disk(
///       DiskName("volume", number), capacity: capacity,
///       limits: DiskLimits(logicalBlockSize: 4096, hasWriteCache: true), tagSet: tags,
///       driver: driver)
///   }
///
///   /// The server has changed the volume, also while programs have the disk open.
///   func changed(capacity: Sector, isReadOnly: Bool) throws(Errno) {
///     if capacity != disk.capacity { try disk.resize(to: capacity) }
///     if isReadOnly != disk.isReadOnly { disk.setReadOnly(isReadOnly) }
///   }
/// }
/// ```
@safe
public struct Disk<Driver: BlockDriver & ~Copyable>: ~Copyable, @unchecked Sendable {
  private let handle: HeapBox<apus_disk_handle>
  private let cell: UnsafeMutablePointer<DriverCell<Driver>>
  // Ends after `deinit` has removed the disk.
  private let tagSet: TagSet<Driver>

  /// Adds a disk. The corresponding C functions are `blk_mq_alloc_disk` and `add_disk`.
  ///
  /// The driver may receive requests before this returns, because the kernel reads the partition
  /// table.
  ///
  /// Throws: `invalidArgument` if a limit is wrong, with a line in the log that names it;
  /// `outOfMemory`; `exists` if there is already a disk of that name; any error of `makeDriver`.
  /// The disk is not left behind then.
  /// Context: may sleep.
  ///
  /// - Parameter number: the device number; nil to have the block layer choose one.
  /// - Parameter makeDriver: makes the driver's value, which may keep a reference to the queue.
  public init(
    _ name: DiskName, capacity: Sector, limits: DiskLimits, flags: DiskFlags = .none,
    number: DiskNumber? = nil, tagSet: borrowing TagSet<Driver>,
    makeDriver: (borrowing RequestQueue) throws(Errno) -> Driver
  ) throws(Errno) {
    let tagSet = tagSet.share()
    // SAFETY: the disk keeps the reference from `share` above. The disk that is allocated here is
    // either added or discarded.
    let handle = try unsafe Disk.allocate(capacity, limits, flags, number, tagSet)
    let box = try unsafe Disk.add(handle, name, capacity, makeDriver)
    // INVARIANT: the invariant holds from here on; `deinit` returns the driver to its box.
    unsafe self.handle = handle
    unsafe self.cell = box.take()
    self.tagSet = tagSet
  }

  /// Adds a disk, as above, with an existing driver. The driver's value ends if this throws.
  public init(
    _ name: DiskName, capacity: Sector, limits: DiskLimits, flags: DiskFlags = .none,
    number: DiskNumber? = nil, tagSet: borrowing TagSet<Driver>, driver: consuming Driver
  ) throws(Errno) {
    let box = try HeapBox(DriverCell<Driver>(driver), .kernel)
    let tagSet = tagSet.share()
    // SAFETY: as above.
    let handle = try unsafe Disk.allocate(capacity, limits, flags, number, tagSet)
    try unsafe Disk.add(handle, name, capacity, box)
    // INVARIANT: as above.
    unsafe self.handle = handle
    unsafe self.cell = box.take()
    self.tagSet = tagSet
  }

  /// Allocates a disk, which has a queue but is not visible yet. The tag set must outlive the disk.
  @inline(never)
  private static func allocate(
    _ capacity: Sector, _ limits: DiskLimits, _ flags: DiskFlags, _ number: DiskNumber?,
    _ tagSet: borrowing TagSet<Driver>
  ) throws(Errno) -> HeapBox<apus_disk_handle> {
    var checked = try limits.checked(capacity: capacity)
    // SAFETY: the pointer is only compared.
    if limits.zones != nil, unsafe Driver.diskOperationsTable?.pointee.entries.reportZones == nil {
      log(.error, "a disk with zones needs a driver with reportZones")
      throw .invalidArgument
    }
    // SAFETY: the expression only reads sizes.
    guard
      unsafe MemoryLayout<DiskOperationsTable<Driver>>.size >= MemoryLayout<apus_disk_table>.size
    else {
      throw .invalidArgument
    }
    // SAFETY: the structure is zeroed; `apus_handle_init` initializes it below.
    let handle = try unsafe HeapBox(apus_disk_handle(), .kernel)
    // SAFETY: the caller keeps a reference to the tag set. The queue has no driver yet, and no
    // request arrives before it has one.
    let allocated = unsafe apus_alloc_disk(tagSet.pointer, &checked)
    // SAFETY: the pointer is only compared, not followed.
    try Errno.check(unsafe apus_error_of(allocated))
    guard let disk = unsafe allocated else { throw .outOfMemory }
    // SAFETY: the memory belongs to `handle` and does not move.
    unsafe apus_handle_init(handle.address, disk)
    unsafe apus_disk_set_flags(disk, flags.rawValue)
    if let number { unsafe apus_disk_set_number(disk, number.major, number.minor) }
    return unsafe handle
  }

  /// Adds a disk that was allocated, with a driver that `makeDriver` makes for its queue. Throws
  /// the errors of `add` below and of `makeDriver`.
  private static func add(
    _ handle: borrowing HeapBox<apus_disk_handle>, _ name: DiskName, _ capacity: Sector,
    _ makeDriver: (borrowing RequestQueue) throws(Errno) -> Driver
  ) throws(Errno) -> HeapBox<DriverCell<Driver>> {
    do throws(Errno) {
      // SAFETY: the disk was just allocated and owns its queue.
      let queue = unsafe RequestQueue(sharing: apus_handle_queue(handle.address))
      let box = try HeapBox(DriverCell<Driver>(makeDriver(queue)), .kernel)
      try unsafe add(handle.address, name, capacity, box)
      return box
    } catch {
      // SAFETY: the disk was never added, so the reference from `apus_alloc_disk` is the only one.
      unsafe apus_handle_discard(handle.address)
      throw error
    }
  }

  /// Adds a disk that was allocated, with an existing driver.
  private static func add(
    _ handle: borrowing HeapBox<apus_disk_handle>, _ name: DiskName, _ capacity: Sector,
    _ driver: borrowing HeapBox<DriverCell<Driver>>
  ) throws(Errno) {
    do throws(Errno) {
      // SAFETY: the disk was allocated and is not added yet.
      try unsafe add(handle.address, name, capacity, driver)
    } catch {
      // SAFETY: as above.
      unsafe apus_handle_discard(handle.address)
      throw error
    }
  }

  /// Adds a disk that was allocated. The driver may receive requests before this returns.
  @unsafe
  private static func add(
    _ handle: UnsafeMutablePointer<apus_disk_handle>, _ name: DiskName, _ capacity: Sector,
    _ driver: borrowing HeapBox<DriverCell<Driver>>
  ) throws(Errno) {
    // SAFETY: the table is the driver's static variable. It starts with the words of the C table
    // and has room for the rest.
    let table = unsafe UnsafeMutableRawPointer(Driver.diskOperationsTable)?.assumingMemoryBound(
      to: apus_disk_table.self)
    var result: CInt = 0
    // SAFETY: the disk is not added yet. The name is NUL-terminated. The driver's address is
    // stable, and the driver outlives the disk.
    unsafe name.text.span.withUnsafeBufferPointer { text in
      guard let text = text.baseAddress else { return }
      unsafe result = apus_disk_prepare(handle, driver.address, table, text, capacity.count)
    }
    try Errno.check(result)
    // SAFETY: the disk was prepared above.
    try Errno.check(unsafe apus_disk_add(apus_handle_disk(handle)))
    // SAFETY: `deinit` calls `apus_unregistered`.
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: the type's invariant. This value ends, so only the queue still uses the driver.
    if unsafe apus_handle_try(handle.address) {
      // SAFETY: the disk is gone. Calls of the driver in RCU read-side critical sections may still
      // be returning; this waits for them.
      unsafe apus_handle_forget(handle.address)
      // SAFETY: open handles do not reach the driver after this call.
      unsafe apus_handle_close(handle.address)
      // SAFETY: the queue is gone, so it makes no further call of the driver.
      _ = unsafe HeapBox(owning: cell)
    } else {
      log(
        .warning,
        "requests are still held back after the timeout; the disk is taken from under them")
      // SAFETY: after this call the queue does not call the driver.
      unsafe apus_handle_abandon(handle.address)
      // SAFETY: open handles do not reach the driver after this call.
      unsafe apus_handle_close(handle.address)
      // SAFETY: the timers belong to the library. Without this, the removal would wait until they
      // expire, to get the requests that they own.
      if Driver.traits.hasTimer {
        unsafe apus_queue_sweep_timers(apus_handle_queue(handle.address))
      }
      // SAFETY: no call uses the data of the hardware queues any more, and a request that was kept
      // does not lend it. The data may hold requests as well.
      unsafe releaseHardwareQueueData()
      // SAFETY: as above. This also ends the requests that the driver held, for which the removal
      // waits.
      _ = unsafe HeapBox(owning: cell)
      // SAFETY: as above.
      unsafe endWhatElseHoldsRequests()
    }
    // SAFETY: the removal was begun above, once.
    unsafe apus_handle_finish(handle.address)
    // SAFETY: the kernel makes no further call for this disk.
    unsafe apus_unregistered()
  }

  /// Ends the driver's other data that may hold requests, after the driver's value, until the disk
  /// has no request left. If requests remain, they are kept elsewhere: waits for them and reports
  /// them in the log.
  @unsafe
  private borrowing func endWhatElseHoldsRequests() {
    // SAFETY: the type's invariant: the removal has begun.
    while unsafe !apus_handle_wait(handle.address, 0) {
      // SAFETY: the type's invariant, which holds until the end of the removal.
      let held = unsafe apus_handle_held(handle.address, nil)
      if held > 0 { unsafe endDataThatHoldsRequests(held) }
      let left = unsafe apus_handle_held(handle.address, nil)
      // A request that has just ended may be the one whose data held another request.
      if left > 0, left < held { continue }
      // SAFETY: as above.
      if unsafe apus_handle_wait(handle.address, Self.patience) { return }
      unsafe apus_handle_report(handle.address)
    }
  }

  /// Ends the data of requests. If that completes no request, ends the data of the tag set and of
  /// the disk.
  @unsafe
  private borrowing func endDataThatHoldsRequests(_ held: UInt32) {
    // SAFETY: the type's invariant. The driver is gone, and calls that borrowed the data have
    // ended.
    let queue = unsafe apus_handle_queue(handle.address)
    unsafe apus_handle_push(handle.address)
    if Driver.traits.hasTimer { unsafe apus_queue_sweep_timers(queue) }
    unsafe tagSet.endRequestData()
    guard unsafe apus_handle_held(handle.address, nil) >= held else { return }
    // SAFETY: as above. The block layer makes no request or hardware queue with the tag set's data
    // any more.
    unsafe tagSet.endData(queue)
    // SAFETY: open handles do not reach the disk's data.
    unsafe apus_handle_end_data(handle.address)
  }

  /// The interval, in milliseconds, at which the log reports what the removal waits for. The
  /// queue's request timeout applies instead if it is shorter.
  private static var patience: UInt32 { 30_000 }

  /// Ends the data of the hardware queues before the hardware queues end.
  @unsafe
  private borrowing func releaseHardwareQueueData() {
    // SAFETY: the caller guarantees that the data is not in use; a hardware queue returns its data
    // only once.
    guard unsafe Driver.operationsTable.pointee.entries.initializeHardwareQueue != nil else {
      return
    }
    var index = 0
    while index < tagSet.hardwareQueues {
      if let data = unsafe apus_handle_take_data(handle.address, UInt32(truncatingIfNeeded: index))
      {
        unsafe endKept(data, as: Driver.HardwareQueueData.self)
      }
      index &+= 1
    }
  }

  /// The driver's value.
  public var driver: Driver {
    // SAFETY: the type's invariant; the driver is only borrowed.
    @inline(__always) _read { yield unsafe cell.pointee.driver }
  }

  /// A new reference to the request queue.
  ///
  /// Context: any.
  public borrowing func requestQueue() -> RequestQueue {
    // SAFETY: the handle keeps its reference to the disk, and so the disk's queue, until `deinit`.
    unsafe RequestQueue(sharing: apus_handle_queue(handle.address))
  }

  /// The size. The corresponding C function is `get_capacity`.
  public var capacity: Sector {
    // SAFETY: the handle keeps its reference to the disk until `deinit`.
    Sector(unsafe get_capacity(apus_handle_disk(handle.address)))
  }

  /// Changes the size while the disk is in use. Open handles see the new size, and the kernel sends
  /// user space an event with `RESIZE=1`. The corresponding C function is
  /// `set_capacity_and_notify`.
  ///
  /// During the change, the driver must accept requests up to the larger of both sizes.
  ///
  /// Throws: `invalidArgument` for a size that is not a multiple of the block size or exceeds the
  /// largest device, with a line in the log; `notSupported` for a disk with zones, whose number is
  /// fixed. The size does not change then.
  /// Context: may sleep.
  public borrowing func resize(to capacity: Sector) throws(Errno) {
    // SAFETY: the handle keeps its reference to the disk until `deinit`.
    let (blockSize, isZoned) = unsafe (
      Int(apus_disk_block_size(apus_handle_disk(handle.address))),
      apus_disk_is_zoned(apus_handle_disk(handle.address))
    )
    try DiskLimits.check(capacity: capacity, blockSize: blockSize)
    guard !isZoned else { throw .notSupported }
    // SAFETY: as above; the size was checked.
    unsafe apus_disk_resize(apus_handle_disk(handle.address), capacity.count)
  }

  /// Makes the disk read-only or writable, also while it is in use, and notifies user space. Writes
  /// in flight continue. The corresponding C functions are `get_disk_ro` and `set_disk_ro`.
  ///
  /// Context: may sleep.
  public borrowing func setReadOnly(_ isReadOnly: Bool) {
    // SAFETY: the handle keeps its reference to the disk until `deinit`.
    unsafe apus_disk_set_read_only(apus_handle_disk(handle.address), isReadOnly)
  }

  /// Whether the disk is read-only.
  public var isReadOnly: Bool {
    // SAFETY: the handle keeps its reference to the disk until `deinit`.
    unsafe apus_disk_read_only(apus_handle_disk(handle.address))
  }
}
