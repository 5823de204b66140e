// SPDX-License-Identifier: GPL-2.0-only
// The list of a device's bad blocks.
// C header: include/linux/badblocks.h

internal import CKernel
public import Kernel

/// Ranges of sectors that are known to be bad. The list is limited to one page.
///
/// A range is acknowledged when the component that has to record it, such as a log on a disk, has
/// recorded it. The kernel's md driver and user space distinguish acknowledged ranges from others.
///
/// Invariant: `raw` is a `struct apus_bad_blocks` that `apus_bad_blocks_init` has initialised.
@safe
public struct BadBlocks: ~Copyable, @unchecked Sendable {
  private let raw: HeapBox<apus_bad_blocks>

  /// The bad sectors that a lookup found in a range.
  public struct Finding: Sendable {
    /// The first bad sector. It may lie before the requested range.
    public let start: Sector
    /// The number of bad sectors from `start` on.
    public let count: Sector
    /// Whether all bad sectors of the requested range are acknowledged.
    public let isAcknowledged: Bool
  }

  /// Creates an empty list. The corresponding C function is `badblocks_init`.
  ///
  /// Throws: `outOfMemory`.
  /// Context: may sleep.
  public init() throws(Errno) {
    // SAFETY: all zeroes; the next call initialises it.
    let raw = try unsafe HeapBox(apus_bad_blocks(), .kernel)
    // SAFETY: this call owns the memory, which does not move.
    try Errno.check(unsafe apus_bad_blocks_init(raw.address))
    // INVARIANT: initialised above.
    unsafe self.raw = raw
  }

  deinit {
    // SAFETY: the type's invariant; nothing borrows the list any more.
    unsafe badblocks_exit(&raw.address.pointee.list)
  }

  /// Whether the list has no ranges.
  ///
  /// Context: any.
  public var isEmpty: Bool {
    // SAFETY: `init` initialised the list; the helper reads its count in one access.
    unsafe !apus_bad_blocks_any(raw.address)
  }

  /// Checks a range, and returns its length as the C functions take it.
  private static func check(_ start: Sector, _ count: Sector) throws(Errno) -> CInt {
    guard count.count > 0, count.count <= UInt64(Int32.max),
      start.count < 1 << UInt64(APUS_BAD_BLOCKS_SECTOR_BITS),
      start.count &+ count.count <= 1 << UInt64(APUS_BAD_BLOCKS_SECTOR_BITS)
    else { throw .invalidArgument }
    return CInt(truncatingIfNeeded: count.count)
  }

  /// Returns the first bad sectors of a range, or nil if it has none or is not a valid range. The
  /// corresponding C function is `badblocks_check`.
  ///
  /// Context: any.
  public borrowing func first(from start: Sector, count: Sector) -> Finding? {
    if isEmpty { return nil }
    do throws(Errno) {
      let count = try BadBlocks.check(start, count)
      var first: UInt64 = 0
      var length: CInt = 0
      // SAFETY: the type's invariant; the range was checked.
      let found = unsafe apus_bad_blocks_check(raw.address, start.count, count, &first, &length)
      guard found != 0, length > 0 else { return nil }
      return Finding(start: Sector(first), count: Sector(UInt64(length)), isAcknowledged: found > 0)
    } catch {
      return nil
    }
  }

  /// Adds a range. Adding a range again as acknowledged marks it as acknowledged. The corresponding
  /// C function is `badblocks_set`.
  ///
  /// Throws: `invalidArgument` for no sectors, for more than `Int32.max`, or for sectors that no
  /// device can have; `noSpaceLeft` if the list is full, also for a range before the first one that
  /// would only extend that one. Part of the range may have been added then.
  /// Context: any.
  public borrowing func add(_ start: Sector, count: Sector, isAcknowledged: Bool = true)
    throws(Errno)
  {
    let count = try BadBlocks.check(start, count)
    // SAFETY: the type's invariant; the range was checked.
    guard unsafe apus_bad_blocks_set(raw.address, start.count, count, isAcknowledged) == 0 else {
      throw .noSpaceLeft
    }
  }

  /// Removes a range. All, some or none of its sectors may be in the list. The corresponding C
  /// function is `badblocks_clear`.
  ///
  /// Throws: as `add`; removing the middle of a range splits it, which needs more space. `tryAgain`
  /// in interrupt context or with interrupts disabled, for example under a spin lock: the kernel's
  /// function enables interrupts.
  /// Context: process context, with interrupts enabled.
  public borrowing func remove(_ start: Sector, count: Sector) throws(Errno) {
    let count = try BadBlocks.check(start, count)
    // SAFETY: the function takes no arguments.
    guard unsafe apus_may_turn_interrupts_on() else { throw .tryAgain }
    // SAFETY: the type's invariant; the range was checked.
    guard unsafe apus_bad_blocks_clear(raw.address, start.count, count) == 0 else {
      throw .noSpaceLeft
    }
  }

  /// Writes a line for each range: its first sector and its number of sectors. The corresponding C
  /// function is `badblocks_show`.
  ///
  /// Throws: `outOfMemory`; nothing was written then.
  /// Context: may sleep.
  public borrowing func show(_ writer: inout TextWriter, onlyUnacknowledged: Bool = false)
    throws(Errno)
  {
    var page = try Page(.kernel | .zeroed)
    var length = 0
    let flag: CInt = onlyUnacknowledged ? 1 : 0
    try page.withMutableBytes { bytes throws(Errno) in
      // SAFETY: C writes at most a page, including a NUL after the text, and returns the length
      // that the whole text would have had.
      try unsafe bytes.withRange(at: 0, length: pageSize) { start in
        unsafe length = badblocks_show(
          &raw.address.pointee.list, start.assumingMemoryBound(to: CChar.self), flag)
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
