// SPDX-License-Identifier: GPL-2.0-only
// The list of a device's bad blocks.
// C header: include/linux/badblocks.h

internal import CKernel
public import Kernel

/// Sectors that are known to be bad: a list of ranges, as long as it fits into a page.
///
/// A range is acknowledged when whoever must know of it (a log on a disk) does; the kernel's md driver and user space distinguish.
///
/// Invariant: `raw` is a `struct badblocks` that `badblocks_init` has initialised.
@safe
public struct BadBlocks: ~Copyable, @unchecked Sendable {
  private let raw: HeapBox<badblocks>

  /// What was found bad in a range.
  public struct Finding: Sendable {
    /// The first bad sector, which may lie before the range that was looked at.
    public let start: Sector
    /// How many sectors are bad from there on.
    public let count: Sector
    /// Whether all that is bad in the range that was looked at is acknowledged.
    public let isAcknowledged: Bool
  }

  /// An empty list. The corresponding C function is `badblocks_init`.
  ///
  /// Throws: `outOfMemory`.
  /// Context: may sleep.
  public init() throws(Errno) {
    // SAFETY: all zeroes, until the next call makes it a `struct badblocks`.
    let raw = try unsafe HeapBox(badblocks(), .kernel)
    // SAFETY: the memory is ours, and does not move.
    try Errno.check(unsafe badblocks_init(raw.address, 1))
    // INVARIANT: initialised above.
    unsafe self.raw = raw
  }

  deinit {
    // SAFETY: the type's invariant; nobody borrows the list any more.
    unsafe badblocks_exit(raw.address)
  }

  /// Whether there is none.
  ///
  /// Context: any.
  public var isEmpty: Bool {
    // SAFETY: the type's invariant.
    unsafe !apus_bad_blocks_any(raw.address)
  }

  /// A range as C takes it.
  private static func check(_ start: Sector, _ count: Sector) throws(Errno) -> CInt {
    guard count.count > 0, count.count <= UInt64(Int32.max), start.count < 1 << UInt64(APUS_BAD_BLOCKS_SECTOR_BITS),
      start.count &+ count.count <= 1 << UInt64(APUS_BAD_BLOCKS_SECTOR_BITS)
    else { throw .invalidArgument }
    return CInt(truncatingIfNeeded: count.count)
  }

  /// Looks for the first bad sectors of a range; nil if there are none, or the range is none.
  /// The corresponding C function is `badblocks_check`.
  ///
  /// Context: any.
  public borrowing func first(from start: Sector, count: Sector) -> Finding? {
    if isEmpty { return nil }
    do throws(Errno) {
      let count = try BadBlocks.check(start, count)
      var first: sector_t = 0
      var length: CInt = 0
      // SAFETY: the type's invariant; the range was checked.
      let found = unsafe badblocks_check(raw.address, start.count, count, &first, &length)
      guard found != 0, length > 0 else { return nil }
      return Finding(start: Sector(first), count: Sector(UInt64(length)), isAcknowledged: found > 0)
    } catch {
      return nil
    }
  }

  /// Adds a range; one that is there already becomes acknowledged if it is added so. The corresponding C function is `badblocks_set`.
  ///
  /// Throws: `invalidArgument` for no sectors, more than `Int32.max`, or some that cannot be; `noSpaceLeft` if the list is full,
  /// and then some of the range may have been added.
  /// Context: any.
  public borrowing func add(_ start: Sector, count: Sector, isAcknowledged: Bool = true) throws(Errno) {
    let count = try BadBlocks.check(start, count)
    // SAFETY: the type's invariant; the range was checked.
    guard unsafe badblocks_set(raw.address, start.count, count, isAcknowledged ? 1 : 0) == 0 else {
      throw .noSpaceLeft
    }
  }

  /// Takes a range out, of which all, some, or nothing may be in the list. The corresponding C function is `badblocks_clear`.
  ///
  /// Throws: as `add`; a range cut in two needs more space. `tryAgain` in an interrupt, or with interrupts disabled, as within a spin lock: the
  /// kernel's function turns them on.
  /// Context: process context, with interrupts enabled.
  public borrowing func remove(_ start: Sector, count: Sector) throws(Errno) {
    let count = try BadBlocks.check(start, count)
    // SAFETY: it has no arguments.
    guard unsafe apus_may_turn_interrupts_on() else { throw .tryAgain }
    // SAFETY: the type's invariant; the range was checked.
    guard unsafe badblocks_clear(raw.address, start.count, count) == 0 else { throw .noSpaceLeft }
  }

  /// Writes a line for each range: its first sector, and how many there are. The corresponding C function is `badblocks_show`.
  ///
  /// Throws: `outOfMemory`, and nothing was written.
  /// Context: may sleep.
  public borrowing func show(_ writer: inout TextWriter, onlyUnacknowledged: Bool = false) throws(Errno) {
    var page = try Page(.kernel | .zeroed)
    var length = 0
    let flag: CInt = onlyUnacknowledged ? 1 : 0
    try page.withMutableBytes { bytes throws(Errno) in
      // SAFETY: C writes a page at most, with a NUL behind the text, and answers how long it would have been.
      try unsafe bytes.withRange(at: 0, length: pageSize) { start in
        unsafe length = badblocks_show(raw.address, start.assumingMemoryBound(to: CChar.self), flag)
      }
    }
    page.withBytes { bytes in
      var index = 0
      while index < min(length, pageSize &- 1), let byte = bytes.byte(at: index) {
        writer.append(byte: byte)
        index &+= 1
      }
    }
  }
}
