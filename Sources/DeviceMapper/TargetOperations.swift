// SPDX-License-Identifier: GPL-2.0-only
// The operations that a target may have.
// C header: include/linux/device-mapper.h (struct target_type)

internal import CKernel
public import Block
public import Kernel

/// A target that maps bios.
public protocol MapOperation: Target, ~Copyable {
  /// Decides what becomes of a bio, which is the target's from here on: send it on, end it, keep it, or push it back.
  ///
  /// Context: may sleep, unless the bio must not wait (`OperationFlags.noWait`, for targets with `TargetFeatures.noWait`). On many
  /// CPUs at once. The corresponding C callback is `map`.
  borrowing func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self>
}

/// A target that maps requests, on devices with a queue of requests.
public protocol MapRequestOperation: Target, ~Copyable {
  /// Decides what becomes of a request.
  ///
  /// Context: must not sleep; on many CPUs at once. The corresponding C callbacks are `clone_and_map_rq` and `release_clone_rq`.
  borrowing func mapRequest(_ request: borrowing MappedRequest, in target: borrowing TargetContext) -> MapRequestResult
}

/// A target that sees its bios' ends.
public protocol EndOperation: Target, ~Copyable {
  /// A bio has ended, below or by this target.
  ///
  /// Context: interrupt, or the task that ended it; must not sleep. The corresponding C callback is `end_io`.
  borrowing func ended(
    _ bio: borrowing EndedBio<Self>, _ status: BlockStatus, in target: borrowing TargetContext
  ) -> EndResult
}

/// A target that sees its requests' ends.
public protocol EndRequestOperation: Target, ~Copyable {
  /// A clone has ended.
  ///
  /// Context: softirq; must not sleep. The corresponding C callback is `rq_end_io`.
  borrowing func requestEnded(_ status: BlockStatus, in target: borrowing TargetContext) -> EndRequestResult
}

/// A target that prepares for a suspension.
public protocol WillSuspendOperation: Target, ~Copyable {
  /// The mapped device is about to be suspended: bios that the target keeps are to go now.
  ///
  /// Context: may sleep. The corresponding C callback is `presuspend`.
  borrowing func willSuspend(in target: borrowing TargetContext)
}

/// A target that wants to know when a suspension did not come about.
public protocol SuspendCancelledOperation: Target, ~Copyable {
  /// The suspension was given up after `willSuspend`.
  ///
  /// Context: may sleep. The corresponding C callback is `presuspend_undo`.
  borrowing func suspendCancelled(in target: borrowing TargetContext)
}

/// A target that wants to know when it is suspended.
public protocol DidSuspendOperation: Target, ~Copyable {
  /// The mapped device is suspended: none of its bios is under way.
  ///
  /// Context: may sleep. The corresponding C callback is `postsuspend`.
  borrowing func didSuspend(in target: borrowing TargetContext)
}

/// A target that can refuse to be resumed.
public protocol WillResumeOperation: Target, ~Copyable {
  /// The mapped device is about to be resumed; what this throws keeps it from that.
  ///
  /// Context: may sleep. The corresponding C callback is `preresume`.
  borrowing func willResume(in target: borrowing TargetContext) throws(Errno)
}

/// A target that wants to know when it is resumed.
public protocol DidResumeOperation: Target, ~Copyable {
  /// The mapped device is resumed.
  ///
  /// Context: may sleep. The corresponding C callback is `resume`.
  borrowing func didResume(in target: borrowing TargetContext)
}

/// A target with a status.
public protocol StatusOperation: Target, ~Copyable {
  /// Writes a line. What does not fit is cut off, and asked for again with more room.
  ///
  /// Context: may sleep. The corresponding C callback is `status`.
  borrowing func status(
    _ request: StatusRequest, to writer: inout TextWriter, in target: borrowing TargetContext)
}

/// A target that takes messages.
public protocol MessageOperation: Target, ~Copyable {
  /// Takes a message, of one word at least. What is written to `reply` is what the sender reads.
  ///
  /// Throws: what the sender gets.
  /// Context: may sleep; several at once. The corresponding C callback is `message`.
  borrowing func message(
    _ arguments: inout Arguments, reply: inout TextWriter, in target: borrowing TargetContext
  ) throws(Errno)
}

/// A target whose ioctls may go to a device below.
public protocol PrepareIoctlOperation: Target, ~Copyable {
  /// Names the device that an ioctl goes to: `route.pass(to:isWhole:)`. Without it there are none.
  ///
  /// Throws: what the caller gets.
  /// Context: may sleep. The corresponding C callback is `prepare_ioctl`.
  borrowing func prepareIoctl(_ route: borrowing IoctlRoute, in target: borrowing TargetContext) throws(Errno)
}

/// A target with zones.
public protocol ReportZonesOperation: Target, ~Copyable {
  /// Reports zones from `report.next` on, by `report.forward`: one at least.
  ///
  /// Context: may sleep. The corresponding C callback is `report_zones`.
  borrowing func reportZones(_ report: borrowing ZoneReport, in target: borrowing TargetContext) throws(Errno)
}

/// A target that can say that it has enough to do.
public protocol BusyOperation: Target, ~Copyable {
  /// Whether a request that came now would be pushed back.
  ///
  /// Context: must not sleep. The corresponding C callback is `busy`.
  borrowing func isBusy(in target: borrowing TargetContext) -> Bool
}

/// A target on other devices.
public protocol VisitDevicesOperation: Target, ~Copyable {
  /// Shows each piece of a device that the target lies on to `visitor`: this is how limits are stacked, and what a device can is
  /// found out.
  ///
  /// Called once, when `init` has made the target: device mapper is shown the same whenever it asks.
  ///
  /// Context: may sleep. The corresponding C callback is `iterate_devices`.
  borrowing func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext)
}

/// A target with limits of its own.
public protocol AdjustLimitsOperation: Target, ~Copyable {
  /// Changes the mapped device's limits, which are those of the devices below by now.
  ///
  /// Context: may sleep. The corresponding C callback is `io_hints`.
  borrowing func adjustLimits(_ limits: borrowing TargetLimits, in target: borrowing TargetContext)
}

/// A target whose devices may be persistent memory, which file systems reach directly (`mount -o dax`).
public protocol MapDirectAccessOperation: Target, ~Copyable {
  /// Says where a range lies: `access.pass(to:at:)`. Without it there is none, and whoever asked gets EIO.
  ///
  /// A mapped device can be accessed directly if all its targets have this and `visitDevices`, and all the devices they show can be.
  ///
  /// Throws: what becomes of the access: a `read` gives this error, a process that touches mapped memory gets SIGBUS.
  /// Context: must not sleep; on many CPUs at once. The corresponding C callbacks are `direct_access`, `dax_zero_page_range` and
  /// `dax_recovery_write`.
  borrowing func mapDirectAccess(_ access: borrowing DirectAccess, in target: borrowing TargetContext) throws(Errno)
}

/// A target that sends bios to several places by an `IOClient`.
public protocol RegionsEndOperation: Target, ~Copyable {
  /// A bio that was given to `IOClient.submit` has been to all of its places, and is the target's again: to be ended, or submitted elsewhere
  /// (where one may sleep).
  ///
  /// - Parameters:
  ///   - bio: as it was when it was submitted.
  ///   - errors: where it failed.
  ///
  /// Context: interrupt, or the task that submitted; must not sleep. The corresponding C callback is `io_notify_fn`.
  borrowing func regionsEnded(
    _ bio: consuming TargetBio<Self>, _ errors: RegionErrors, in target: borrowing TargetContext)

  /// The C callback; written by `@DeviceMapperTarget`.
  @unsafe static var regionsCallback: RegionsCallback<Self> { get }
}

/// The C callback of one type of target: `io_notify_fn`. It cannot be made without `unsafe`, and
/// another type's is of another type.
///
/// Invariant: `function` keeps the contract of the adapter's function for `Driver`.
@safe
public struct RegionsCallback<Driver: RegionsEndOperation & ~Copyable> {
  public typealias Function = @convention(c) (UInt, UnsafeMutableRawPointer?) -> Void

  let function: Function

  /// Written by the macro.
  @unsafe @inline(__always)
  public init(_ function: @escaping Function) {
    // INVARIANT: the macro's closure calls the adapter.
    unsafe self.function = function
  }
}

/// What a status is asked for.
public struct StatusRequest: Sendable {
  /// The kinds of a status. (Not an enum, whose `switch` would have a trap for values that cannot be.)
  public struct Kind: Equatable, Sendable {
    let rawValue: UInt32

    init(_ rawValue: UInt32) { self.rawValue = rawValue }

    /// How it goes: `dmsetup status`.
    public static var information: Kind { Kind(APUS_DM_STATUS_INFO.rawValue) }
    /// The table's line, from which the same target can be made: `dmsetup table`.
    public static var table: Kind { Kind(APUS_DM_STATUS_TABLE.rawValue) }
    /// What the integrity subsystem measures, if it does.
    public static var measurement: Kind { Kind(APUS_DM_STATUS_IMA.rawValue) }

    public static func == (left: Kind, right: Kind) -> Bool { left.rawValue == right.rawValue }
  }

  public let kind: Kind

  /// Whether what the target keeps is to be left as it is, instead of being written out first: `dmsetup status --noflush`.
  public let isWithoutFlush: Bool
}

/// Where a target's devices are shown.
///
/// Invariant: `raw` is the target, `devices` its list, and `result` the adapter's; all stay for the call.
@safe
public struct DeviceVisitor: ~Copyable, ~Escapable {
  private let raw: UnsafeMutablePointer<dm_target>
  private let devices: UnsafeMutablePointer<apus_dm_devices>
  private let result: UnsafeMutablePointer<CInt>

  @_lifetime(immortal) @unsafe
  init(
    _ raw: UnsafeMutablePointer<dm_target>, _ devices: UnsafeMutablePointer<apus_dm_devices>,
    _ result: UnsafeMutablePointer<CInt>
  ) {
    // INVARIANT: the adapter has them for the call.
    unsafe self.raw = raw
    unsafe self.devices = devices
    unsafe self.result = result
  }

  /// Shows a piece of a device of the target's; another is not shown.
  ///
  /// A table whose target shows zoned devices beside others is refused.
  public borrowing func visit(_ device: borrowing UnderlyingDevice, from start: Sector, length: Sector) {
    // SAFETY: the type's invariant; the device is the target's, and so open as long as that.
    if unsafe result.pointee != 0 || !apus_dm_is_of(device.raw, raw) { return }
    unsafe result.pointee = apus_dm_add_range(devices, device.raw, start.count, length.count)
  }
}

/// Where an ioctl goes.
///
/// Invariant: `result` is where the `prepare_ioctl` of `target` writes a device, and `answer` what it returns; all stay for the call.
@safe
public struct IoctlRoute: ~Copyable, ~Escapable {
  private let target: UnsafeMutablePointer<dm_target>
  private let result: UnsafeMutableRawPointer
  private let answer: UnsafeMutablePointer<CInt>

  @_lifetime(immortal) @unsafe
  init(
    _ target: UnsafeMutablePointer<dm_target>, _ result: UnsafeMutableRawPointer, _ answer: UnsafeMutablePointer<CInt>
  ) {
    // INVARIANT: the adapter has them for the call.
    unsafe self.target = target
    unsafe self.result = result
    unsafe self.answer = answer
  }

  /// Sends it to a device of the target's. (To another it does not go.)
  ///
  /// - Parameter isWhole: whether the target is the whole device, so that everything may go through. Otherwise only those with the
  ///   right to raw I/O may send it.
  public borrowing func pass(to device: borrowing UnderlyingDevice, isWhole: Bool) {
    // SAFETY: the type's invariant; the device is the target's, and stays as long as that, which device mapper keeps for the ioctl.
    guard unsafe apus_dm_is_of(device.raw, target) else { return }
    unsafe apus_dm_route_ioctl(result, device.raw)
    unsafe answer.pointee = isWhole ? 0 : 1
  }
}

/// A report of zones that is being made.
///
/// Invariant: `raw` is the library's part of a report of `target`, for the time of the call; `end` is how many zones there are room for, with
/// those that were reported before the call.
@safe
public struct ZoneReport: ~Copyable, ~Escapable {
  private let target: UnsafeMutablePointer<dm_target>
  private let raw: UnsafeMutablePointer<apus_dm_zones>
  private let end: UInt32

  @_lifetime(immortal) @unsafe
  init(_ target: UnsafeMutablePointer<dm_target>, _ raw: UnsafeMutablePointer<apus_dm_zones>, _ count: UInt32) {
    // INVARIANT: the adapter has them for the call.
    unsafe self.target = target
    unsafe self.raw = raw
    unsafe end = apus_dm_zones_reported(raw) &+ count
  }

  /// Where the report goes on, on the mapped device.
  public var next: Sector {
    // SAFETY: the type's invariant.
    Sector(unsafe apus_dm_zones_next(raw))
  }

  /// Has a device below report, as many zones as there are room for still, however often it is called. The corresponding C function is
  /// `dm_report_zones`.
  ///
  /// A zone is reported where it is the next of the mapped device's and of the target's. With another the report ends, whatever
  /// `reportZones` does then: whoever asked gets EIO.
  ///
  /// - Parameters:
  ///   - device: the device.
  ///   - start: where the target begins on it.
  ///   - sector: where the report goes on there.
  ///
  /// Throws: what the device answers; `noSuchDevice` for one that is not the target's; `ioError` with and after a zone that cannot be.
  /// Context: may sleep.
  public borrowing func forward(
    to device: borrowing UnderlyingDevice, start: Sector, from sector: Sector
  ) throws(Errno) {
    // SAFETY: the type's invariant; the device is the target's, and so open for the call.
    guard unsafe apus_dm_is_of(device.raw, target) else { throw .noSuchDevice }
    // SAFETY: the type's invariant. The kernel only counts what it reports, and has room for no more.
    let left = unsafe end &- apus_dm_zones_reported(raw)
    guard left > 0, left <= end else { return }
    // SAFETY: the type's invariant, and the device's.
    try Errno.check(unsafe apus_dm_report_zones(raw, device.raw, start.count, sector.count, left))
  }
}

/// The limits of a mapped device that is being set up.
///
/// Invariant: `raw` is the `struct queue_limits` that `io_hints` was called with, for the time of the call.
@safe
public struct TargetLimits: ~Copyable, ~Escapable {
  private let raw: UnsafeMutableRawPointer

  @_lifetime(immortal) @unsafe
  init(_ raw: UnsafeMutableRawPointer) {
    // INVARIANT: the adapter has it for the call.
    unsafe self.raw = raw
  }

  /// The largest discard in sectors, 32 bits of them at most, and its unit in bytes, 1 GiB at most. A number beyond is the largest.
  public borrowing func setDiscard(largest: Sector, granularity: Int) {
    // SAFETY: the type's invariant.
    unsafe apus_dm_limits_set_discard(raw, Self.word(largest.count), Self.unit(granularity))
  }

  /// The smallest size of a transfer in bytes, 1 GiB at most, and the best one. A number beyond is the largest. The corresponding C constants are `io_min` and `io_opt`.
  public borrowing func setTransferSizes(smallest: Int, best: Int) {
    // SAFETY: the type's invariant.
    unsafe apus_dm_limits_set_io(raw, Self.unit(smallest), Self.word(best))
  }

  /// The smallest size of a transfer in bytes, 1 GiB at most; the best one stays as it is. A number
  /// beyond is the largest. The corresponding C field is `io_min`.
  public borrowing func setSmallestTransfer(_ byteCount: Int) {
    // SAFETY: the type's invariant.
    unsafe apus_dm_limits_set_smallest_io(raw, Self.unit(byteCount))
  }

  /// No transfer crosses a multiple of this. The corresponding C constant is `chunk_sectors`.
  public borrowing func setChunk(_ length: Sector) {
    // SAFETY: the type's invariant.
    unsafe apus_dm_limits_set_chunk(raw, Self.word(length.count))
  }

  /// The largest transfer, one page at least.
  ///
  /// Throws: `invalidArgument` for less, and then nothing has changed.
  public borrowing func setLargestTransfer(_ length: Sector) throws(Errno) {
    guard length.count >= UInt64(pageSize) >> Sector.shift else { throw .invalidArgument }
    // SAFETY: the type's invariant.
    unsafe apus_dm_limits_set_transfer(raw, Self.word(length.count))
  }

  /// Memory for I/O begins and ends at multiples of as many bytes, a power of two.
  ///
  /// Throws: `invalidArgument` for another number, and then nothing has changed.
  public borrowing func setMemoryAlignment(_ alignment: Int) throws(Errno) {
    guard alignment > 0, alignment <= pageSize, alignment & (alignment &- 1) == 0 else { throw .invalidArgument }
    // SAFETY: the type's invariant.
    unsafe apus_dm_limits_set_alignment(raw, Self.word(alignment &- 1))
  }

  /// The sizes of the blocks, in bytes.
  public var logicalBlockSize: Int {
    // SAFETY: the type's invariant.
    Int(unsafe apus_dm_limits_logical_block(raw))
  }
  public var physicalBlockSize: Int {
    // SAFETY: the type's invariant.
    Int(unsafe apus_dm_limits_physical_block(raw))
  }

  /// Sets the sizes of the blocks: powers of two from 512 on, the logical one a page at most and not smaller than it was.
  ///
  /// Throws: `invalidArgument` for others, and then nothing has changed.
  public borrowing func setBlockSizes(logical: Int, physical: Int) throws(Errno) {
    guard logical >= Swift.max(512, logicalBlockSize), logical <= pageSize, logical & (logical &- 1) == 0,
      physical >= logical, physical <= 1 << 30, physical & (physical &- 1) == 0
    else { throw .invalidArgument }
    // SAFETY: the type's invariant.
    unsafe apus_dm_limits_set_blocks(raw, Self.word(logical), Self.word(physical))
  }

  /// The block layer adds to a unit in 32 bits, and divides by the sum (`blk_stack_limits`).
  private static func unit(_ bytes: Int) -> UInt32 { Swift.min(word(bytes), 1 << 30) }

  private static func word(_ number: some FixedWidthInteger) -> UInt32 { UInt32(clamping: number) }
}
