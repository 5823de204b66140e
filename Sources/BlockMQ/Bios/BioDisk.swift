// SPDX-License-Identifier: GPL-2.0-only
// A bio-based disk: a device in /dev, with a driver behind it that takes bios instead of requests.
// C header: include/linux/blkdev.h (blk_alloc_disk)

internal import CKernel
public import Block
public import Kernel

/// A bio-based disk: a device in /dev that exists as long as the value lives.
///
/// Its driver takes bios. When the value ends, the disk is removed as for `Disk`: the kernel writes
/// dirty data back, the block layer admits no new bio, and then the driver's value ends. Bios that
/// the driver still holds complete with an I/O error.
///
/// The wait for the driver is bounded: if the kernel cannot write the dirty data within 30 seconds,
/// the driver ends first.
///
/// Invariant: `handle`'s disk was added. The driver behind `handle` is `cell`, in memory that a
/// `HeapBox` allocated.
///
/// ```swift
/// /// A disk of zeroes without requests, to measure the cost of what lies above it.
/// @BioDriver
/// struct ZeroBioDevice: BioDriver, ~Copyable {
///   func submit(_ bio: consuming SubmittedBio) {
///     do throws(Errno) {
///       if bio.operation == .read {
///         try bio.forEachSegment { segment throws(Errno) in
///           try segment.zero(at: 0, length: segment.byteCount)
///         }
///       }
///       bio.end(.ok)
///     } catch {
///       bio.end(BlockStatus(error))
///     }
///   }
/// }
///
/// func makeZeroBioDisk(_ number: Int, capacity: Sector) throws(Errno) -> BioDisk<ZeroBioDevice> {
///   try BioDisk(
///     DiskName("biozero", number), capacity: capacity, limits: DiskLimits(),
///     driver: ZeroBioDevice())
/// }
/// ```
@safe
public struct BioDisk<Driver: BioDriver & ~Copyable>: ~Copyable, @unchecked Sendable {
  private let handle: HeapBox<apus_disk_handle>
  private let cell: UnsafeMutablePointer<Driver>

  /// Adds a disk. The corresponding C functions are `blk_alloc_disk` and `add_disk`.
  ///
  /// The driver may receive bios before this returns, because the kernel reads the partition table.
  ///
  /// Throws: `invalidArgument` if a limit is wrong, with a line in the log that names it;
  /// `outOfMemory`; `exists` if there is already a disk of that name. The driver's value has ended
  /// then, and the disk is not left behind.
  /// Context: may sleep.
  public init(
    _ name: DiskName, capacity: Sector, limits: DiskLimits, number: DiskNumber? = nil,
    node: NUMANode = .any, driver: consuming Driver
  ) throws(Errno) {
    let box = try HeapBox(driver, .kernel)
    // SAFETY: the disk that is allocated here is either added or discarded below.
    let handle = try unsafe BioDisk.allocate(capacity, limits, number, node)
    do throws(Errno) {
      try unsafe BioDisk.add(handle.address, name, capacity, box)
    } catch {
      // SAFETY: the disk was never added, so the reference from the allocation is the only one.
      unsafe apus_handle_discard(handle.address)
      throw error
    }
    // INVARIANT: the disk was added; the invariant holds from here on.
    unsafe self.handle = handle
    // SAFETY: `deinit` gives the driver back to its box.
    unsafe self.cell = box.take()
  }

  // (Not inlined: the limits are large, and a kernel stack is small.)
  @inline(never)
  private static func allocate(
    _ capacity: Sector, _ limits: DiskLimits, _ number: DiskNumber?, _ node: NUMANode
  ) throws(Errno) -> HeapBox<apus_disk_handle> {
    var checked = try limits.checked(capacity: capacity)
    // SAFETY: only compared.
    if limits.zones != nil, unsafe Driver.bioOperationsTable.pointee.entries.reportZones == nil {
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
    // SAFETY: the limits were checked, and a `NUMANode` is always valid.
    let allocated = unsafe apus_alloc_bio_disk(&checked, node.rawValue)
    // SAFETY: the pointer is only compared, not followed.
    try Errno.check(unsafe apus_error_of(allocated))
    guard let disk = unsafe allocated else { throw .outOfMemory }
    // SAFETY: the memory belongs to `handle` and does not move.
    unsafe apus_handle_init(handle.address, disk)
    if let number { unsafe apus_disk_set_number(disk, number.major, number.minor) }
    return unsafe handle
  }

  /// Adds a disk that was allocated. The driver may receive bios before this returns.
  @unsafe
  private static func add(
    _ handle: UnsafeMutablePointer<apus_disk_handle>, _ name: DiskName, _ capacity: Sector,
    _ driver: borrowing HeapBox<Driver>
  ) throws(Errno) {
    // SAFETY: the table is the driver's static variable. It starts with the words of the C table
    // and has room for the rest.
    let table = unsafe UnsafeMutableRawPointer(Driver.bioOperationsTable).assumingMemoryBound(
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
    // SAFETY: the type's invariant. This value ends, so only submitters of bios still use the
    // driver.
    if unsafe !apus_handle_try(handle.address) {
      log(.warning, "bios are still held back after 30 seconds; the disk is taken from under them")
    }
    // SAFETY: after this call the block layer does not reach the driver; new bios complete with an
    // I/O error.
    unsafe apus_handle_close(handle.address)
    // SAFETY: as above. This also ends the bios that the driver held, for which the removal may
    // wait.
    _ = unsafe HeapBox(owning: cell)
    // SAFETY: the removal was begun above, once.
    unsafe apus_handle_finish(handle.address)
    // SAFETY: the kernel makes no further call for this disk.
    unsafe apus_unregistered()
  }

  /// The driver's value.
  public var driver: Driver {
    // SAFETY: the type's invariant; the driver is only borrowed.
    @inline(__always) _read { yield unsafe cell.pointee }
  }

  /// The size. The corresponding C function is `get_capacity`.
  public var capacity: Sector {
    // SAFETY: the handle keeps its reference to the disk until `deinit`.
    Sector(unsafe get_capacity(apus_handle_disk(handle.address)))
  }
}
